"""Compare what a plugin says it does with what its manifest and its code show. Pure: no Django, no I/O.

Four sources stand side by side for every capability and host: *declared* by the owner in `plugin-governance.json`,
*derived* from the native manifest, *static*: seen in the code, *dynamic*: seen when the plugin ran in the sandbox.
Undeclared is what any of the last three shows and the declaration does not say; a native manifest is no substitute for
the owner's word. Where the plugin was not run, *dynamic* is not known, which is something else than "no".

Two statements of a declaration say a capability without naming it: an egress host says `network.outbound`, a secret
says `secrets.read`, as far as the platform hands it over: reading the machine's own credential files needs the name. An
install hook shows `process.install-hook` whether or not a check saw it.

Hosts: a declared name covers itself only, never its subdomains. `*.example.com` covers every name below `example.com`,
at any depth, but not `example.com` itself; the rest of a wildcard must have two labels at least, so `*` and `*.com`
cover nothing. A declared port covers that port and a use whose port is not known; no declared port covers every port.
Names are compared in lower case, without a final dot, international ones in their ASCII form. Loopback is no egress.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import Capability, CheckStatus
from plugins.environment import variables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from plugins.checks.base import CheckResult, Observation
    from plugins.package import EgressHost, Package

MAX_PLACES = 20
"""Places kept for one capability or host; `total` counts them all."""

OBSERVING_CHECKS = ("static",)
"""Checks without whose result the comparison is incomplete."""

RUNNING_CHECKS = ("behaviour",)
"""Checks that run the plugin; without their result what it does when run is not known."""

RAIDS_SEEN_BY = ("malware",)
"""Checks that observe `secrets.read` only where files of the machine's own credentials are read."""

WEB_PORTS = frozenset({80, 443})
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was seen."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class CapabilityUse:
    """One capability and who says it is used. `places` are in the code or, for an install hook, in the manifest."""

    id: Capability
    declared: bool
    derived: bool
    static: bool
    dynamic: bool | None = None
    """None: the plugin was not run, so nobody knows."""
    places: tuple[Place, ...] = ()
    total: int = 0
    implied: bool = False
    """Declared by what follows from another statement, not by name."""

    @property
    def shown(self) -> bool:
        """Whether manifest, code or run shows it."""
        return self.derived or self.static or bool(self.dynamic)

    @property
    def undeclared(self) -> bool:
        """Shown, but not declared."""
        return self.shown and not self.declared

    @property
    def unused(self) -> bool:
        """Declared by name, but never shown."""
        return self.declared and not self.implied and not self.shown


@dataclass(frozen=True, slots=True)
class HostUse:
    """One host and who names it. A declared wildcard stands as it was written. `port` 0: not known."""

    host: str
    declared: bool
    derived: bool
    static: bool
    dynamic: bool | None = None
    """Whether it was asked for when the plugin ran. None: the plugin was not run, so nobody knows."""
    port: int = 0
    places: tuple[Place, ...] = ()
    total: int = 0
    matched: bool = False
    """For a declared entry: whether any host that was shown is covered by it."""

    @property
    def shown(self) -> bool:
        """Whether manifest, code or run shows it."""
        return self.derived or self.static or bool(self.dynamic)

    @property
    def undeclared(self) -> bool:
        """Shown by manifest, code or run, but not declared."""
        return self.shown and not self.declared

    @property
    def unused(self) -> bool:
        """Declared, but never shown."""
        return self.declared and not self.matched


@dataclass(frozen=True, slots=True)
class EnvUse:
    """One environment variable: whether its name is declared, and whether the code reads it."""

    name: str
    declared: bool
    seen: bool
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one package, each part sorted by name. `gaps` say why it is not whole; empty: it is."""

    has_declaration: bool
    capabilities: tuple[CapabilityUse, ...] = ()
    hosts: tuple[HostUse, ...] = ()
    env: tuple[EnvUse, ...] = ()
    gaps: tuple[str, ...] = ()
    too_wide: tuple[str, ...] = ()
    """Declared hosts that cover nothing because they would cover nearly everything."""
    ran: bool = False
    """Whether the plugin was run to the end; else what it does when run is known in part at most."""

    @property
    def undeclared_capabilities(self) -> tuple[CapabilityUse, ...]:
        """Capabilities that are shown, but not declared."""
        return tuple(use for use in self.capabilities if use.undeclared)

    @property
    def unused_capabilities(self) -> tuple[CapabilityUse, ...]:
        """Capabilities that are declared by name, but never shown."""
        return tuple(use for use in self.capabilities if use.unused)

    @property
    def undeclared_hosts(self) -> tuple[HostUse, ...]:
        """Hosts that are named, but not declared."""
        return tuple(use for use in self.hosts if use.undeclared)

    @property
    def unused_hosts(self) -> tuple[HostUse, ...]:
        """Hosts that are declared, but never named."""
        return tuple(use for use in self.hosts if use.unused)


def compare_results(package: Package, results: Sequence[CheckResult]) -> Comparison:
    """Compare a package with what all checks observed; one of OBSERVING_CHECKS without a result is a gap."""
    by_code = {result.code: result for result in results}
    gaps = [gap for code in OBSERVING_CHECKS if (gap := _gap(code, by_code.get(code)))]
    raids = {seen.value for code in RAIDS_SEEN_BY if code in by_code for seen in by_code[code].observations}
    return compare(
        package,
        [seen for result in results for seen in result.observations],
        ran=all(code in by_code and _ran(by_code[code]) for code in RUNNING_CHECKS),
        gaps=gaps,
        by_name_only={Capability.SECRETS_READ} & raids,
    )


def compare(
    package: Package,
    observations: Iterable[Observation],
    *,
    ran: bool = False,
    gaps: Iterable[str] = (),
    by_name_only: Collection[str] = (),
) -> Comparison:
    """Compare a package with what was observed in its code and, where it `ran`, when it was run.

    Nothing but their name declares `by_name_only`.
    """
    observed = tuple(observations)
    seen = _Seen(
        static=_by_value(entry for entry in observed if not entry.dynamic),
        dynamic=_by_value(entry for entry in observed if entry.dynamic),
        ran=ran,
    )
    declared_hosts = package.declaration.egress if package.declaration else ()
    return Comparison(
        has_declaration=package.declaration is not None,
        capabilities=_capabilities(package, seen, by_name_only),
        hosts=_hosts(declared_hosts, package.derived.egress, seen),
        env=_env(package, observed),
        gaps=tuple(gaps),
        ran=ran,
        too_wide=tuple(sorted({entry.host for entry in declared_hosts if _too_wide(entry.host)})),
    )


def covers(declared: EgressHost, host: str, port: int = 0) -> bool:
    """Whether a declared entry covers a host in `normal_host` form at a port (0: not known)."""
    if declared.port and port and declared.port != port:
        return False
    pattern = normal_host(declared.host)
    if pattern.startswith("*."):
        return not _too_wide(pattern) and host.endswith(pattern[1:])
    return pattern == host


def normal_host(host: str) -> str:
    """The form in which hosts are compared: lower case, no final dot, no brackets, ASCII where there is such a form."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def split_port(value: str) -> tuple[str, int]:
    """Split `host:port`, `[v6]:port` or a bare host into the host in `normal_host` form and the port, 0 if none."""
    head, colon, tail = value.strip().rpartition(":")
    if (
        colon
        and tail.isascii()
        and tail.isdigit()
        and (":" not in head or head.endswith("]"))
        and int(tail) <= _MAX_PORT
    ):
        return normal_host(head), int(tail)
    return normal_host(value), 0


def is_loopback(host: str) -> bool:
    """Whether the host is the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _gap(code: str, result: CheckResult | None) -> str:
    if result is None:
        return f"The check {code} did not run."
    if result.status in {CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED}:
        return f"The check {code} gave no result: {result.reason}"
    if result.status is not CheckStatus.NOT_APPLICABLE and not result.examined:
        return f"The check {code} looked at nothing."
    return ""


def _ran(result: CheckResult) -> bool:
    return result.status in {CheckStatus.PASSED, CheckStatus.FAILED} and result.examined > 0


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was observed, by kind and value, and whether the plugin was run."""

    static: dict[str, dict[str, set[Place]]]
    dynamic: dict[str, dict[str, set[Place]]]
    ran: bool

    def when_run(self, *, seen: bool) -> bool | None:
        """True also where the run was broken off later; False only where it went to its end."""
        return True if seen else (False if self.ran else None)


def _by_value(observations: Iterable[Observation]) -> dict[str, dict[str, set[Place]]]:
    """The places of each observed value, by kind of observation."""
    seen: dict[str, dict[str, set[Place]]] = {"capability": defaultdict(set), "host": defaultdict(set)}
    for observation in observations:
        if observation.kind in seen:
            places = seen[observation.kind][observation.value]
            if observation.path:  # what was seen in a run has no place in the code
                places.add(Place(observation.path, observation.line))
    return seen


def _capabilities(package: Package, seen: _Seen, by_name_only: Collection[str]) -> tuple[CapabilityUse, ...]:
    code, run = seen.static["capability"], seen.dynamic["capability"]
    declaration = package.declaration
    named = declaration.capabilities if declaration else frozenset()
    implied: set[Capability] = set()
    if declaration and declaration.egress:
        implied.add(Capability.NETWORK_OUTBOUND)
    if declaration and declaration.secrets:
        implied.add(Capability.SECRETS_READ)
    implied -= {capability for capability in implied if capability in by_name_only}
    hooks = {Place(hook.path, hook.line) for hook in package.install_hooks}
    derived = package.derived.capabilities | ({Capability.PROCESS_INSTALL_HOOK} if hooks else set())
    uses = []
    for capability in Capability:
        static, dynamic = capability.value in code, capability.value in run
        if not (static or dynamic or capability in derived or capability in named or capability in implied):
            continue
        places = code.get(capability.value, set()) | run.get(capability.value, set())
        if capability is Capability.PROCESS_INSTALL_HOOK:
            places = places | hooks
        uses.append(
            CapabilityUse(
                id=capability,
                declared=capability in named or capability in implied,
                derived=capability in derived,
                static=static,
                dynamic=seen.when_run(seen=dynamic),
                places=_first(places),
                total=len(places),
                implied=capability not in named,
            )
        )
    return tuple(sorted(uses, key=lambda use: use.id.value))


def _hosts(declared: Sequence[EgressHost], derived: Sequence[EgressHost], seen: _Seen) -> tuple[HostUse, ...]:
    code, run = _by_host(seen.static["host"]), _by_host(seen.dynamic["host"])
    known = code.keys() | run.keys()
    manifest = {_seen_as(normal_host(entry.host), entry.port, known) for entry in derived}
    shown = [key for key in sorted(code.keys() | run.keys() | manifest) if key[0] and not is_loopback(key[0])]
    uses = []
    for key in shown:
        covered = any(covers(entry, *key) for entry in declared)
        places = code.get(key, set()) | run.get(key, set())
        uses.append(
            HostUse(
                host=key[0],
                port=key[1],
                declared=covered,
                derived=key in manifest,
                static=key in code,
                dynamic=seen.when_run(seen=key in run),
                places=_first(places),
                total=len(places),
                matched=covered,
            )
        )
    for entry in declared:
        matched = any(covers(entry, *key) for key in shown)
        if not matched or entry.host.startswith("*."):
            uses.append(_as_declared(entry, matched=matched, dynamic=seen.when_run(seen=False)))
    return tuple(sorted(dict.fromkeys(uses), key=lambda use: (use.host, use.port)))


def _env(package: Package, observed: Sequence[Observation]) -> tuple[EnvUse, ...]:
    declared = set(package.declaration.env) if package.declaration else set()
    seen = variables(observed)
    return tuple(
        EnvUse(name, name in declared, name in seen, _first({Place(*place) for place in seen.get(name, ())}))
        for name in sorted(declared | seen.keys())
    )


def _seen_as(host: str, port: int, known: Collection[tuple[str, int]]) -> tuple[str, int]:
    """The key of what a manifest names: the web's own ports say no more than no port where code or run has none."""
    plain = (host, 0)
    return plain if port in WEB_PORTS and plain in known and (host, port) not in known else (host, port)


def _by_host(seen: Mapping[str, set[Place]]) -> dict[tuple[str, int], set[Place]]:
    hosts: dict[tuple[str, int], set[Place]] = defaultdict(set)
    for value, places in seen.items():
        hosts[split_port(value)] |= places
    return hosts


def _as_declared(entry: EgressHost, *, matched: bool, dynamic: bool | None) -> HostUse:
    """A row for the declared entry itself: one that covers nothing that was shown, or a wildcard."""
    host = normal_host(entry.host)
    return HostUse(host, declared=True, derived=False, static=False, dynamic=dynamic, port=entry.port, matched=matched)


def _too_wide(host: str) -> bool:
    """A wildcard whose fixed part has fewer than two labels."""
    name = normal_host(host)
    return "*" in name and (not name.startswith("*.") or "*" in name[2:] or name[2:].count(".") < 1)


def _first(places: Collection[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: (place.path, place.line))[:MAX_PLACES])
