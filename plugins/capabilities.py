"""Compare what a plugin says it does with what its manifest and its code show. Pure: no Django, no I/O.

Three sources stand side by side for every capability and host: *declared* by the owner in `plugin-governance.json`,
*derived* from the native manifest, *static*: seen in the code. Undeclared is what the manifest or the code shows and
the declaration does not say; a native manifest is no substitute for the owner's word.

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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from plugins.checks.base import CheckResult, Observation
    from plugins.package import EgressHost, Package

MAX_PLACES = 20
"""Places kept for one capability or host; `total` counts them all."""

OBSERVING_CHECKS = ("static",)
"""Checks without whose result the comparison is incomplete."""

RAIDS_SEEN_BY = ("malware",)
"""Checks that observe `secrets.read` only where files of the machine's own credentials are read."""

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
    places: tuple[Place, ...] = ()
    total: int = 0
    implied: bool = False
    """Declared by what follows from another statement, not by name."""

    @property
    def undeclared(self) -> bool:
        """Shown, but not declared."""
        return (self.derived or self.static) and not self.declared

    @property
    def unused(self) -> bool:
        """Declared by name, but never shown."""
        return self.declared and not self.implied and not (self.derived or self.static)


@dataclass(frozen=True, slots=True)
class HostUse:
    """One host and who names it. A declared wildcard stands as it was written. `port` 0: not known."""

    host: str
    declared: bool
    derived: bool
    static: bool
    port: int = 0
    places: tuple[Place, ...] = ()
    total: int = 0
    matched: bool = False
    """For a declared entry: whether any host that was shown is covered by it."""

    @property
    def undeclared(self) -> bool:
        """Named by manifest or code, but not declared."""
        return (self.derived or self.static) and not self.declared

    @property
    def unused(self) -> bool:
        """Declared, but never named by manifest or code."""
        return self.declared and not self.matched


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one package, each part sorted by name. `gaps` say why it is not whole; empty: it is."""

    has_declaration: bool
    capabilities: tuple[CapabilityUse, ...] = ()
    hosts: tuple[HostUse, ...] = ()
    gaps: tuple[str, ...] = ()
    too_wide: tuple[str, ...] = ()
    """Declared hosts that cover nothing because they would cover nearly everything."""

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
        gaps=gaps,
        by_name_only={Capability.SECRETS_READ} & raids,
    )


def compare(
    package: Package,
    observations: Iterable[Observation],
    *,
    gaps: Iterable[str] = (),
    by_name_only: Collection[str] = (),
) -> Comparison:
    """Compare a package with what was observed in its code. Nothing but their name declares `by_name_only`."""
    seen = _by_value(observations)
    declared_hosts = package.declaration.egress if package.declaration else ()
    return Comparison(
        has_declaration=package.declaration is not None,
        capabilities=_capabilities(package, seen["capability"], by_name_only),
        hosts=_hosts(declared_hosts, package.derived.egress, seen["host"]),
        gaps=tuple(gaps),
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


def _by_value(observations: Iterable[Observation]) -> dict[str, dict[str, set[Place]]]:
    """The places of each observed value, by kind of observation."""
    seen: dict[str, dict[str, set[Place]]] = {"capability": defaultdict(set), "host": defaultdict(set)}
    for observation in observations:
        if observation.kind in seen:
            seen[observation.kind][observation.value].add(Place(observation.path, observation.line))
    return seen


def _capabilities(
    package: Package, seen: Mapping[str, set[Place]], by_name_only: Collection[str]
) -> tuple[CapabilityUse, ...]:
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
        static = capability.value in seen
        if not (static or capability in derived or capability in named or capability in implied):
            continue
        places = set(seen.get(capability.value, ())) | (
            hooks if capability is Capability.PROCESS_INSTALL_HOOK else set()
        )
        uses.append(
            CapabilityUse(
                id=capability,
                declared=capability in named or capability in implied,
                derived=capability in derived,
                static=static,
                places=_first(places),
                total=len(places),
                implied=capability not in named,
            )
        )
    return tuple(sorted(uses, key=lambda use: use.id.value))


def _hosts(
    declared: Sequence[EgressHost], derived: Sequence[EgressHost], seen: Mapping[str, set[Place]]
) -> tuple[HostUse, ...]:
    static: dict[tuple[str, int], set[Place]] = defaultdict(set)
    for value, places in seen.items():
        static[split_port(value)] |= places
    manifest = {(normal_host(entry.host), entry.port) for entry in derived}
    shown = [key for key in sorted(static.keys() | manifest) if key[0] and not is_loopback(key[0])]
    uses = []
    for key in shown:
        covered = any(covers(entry, *key) for entry in declared)
        places = static.get(key, set())
        uses.append(
            HostUse(key[0], covered, key in manifest, key in static, key[1], _first(places), len(places), covered)
        )
    uses += [_declared_only(entry) for entry in declared if not any(covers(entry, *key) for key in shown)]
    uses += [
        HostUse(normal_host(entry.host), declared=True, derived=False, static=False, port=entry.port, matched=True)
        for entry in declared
        if entry.host.startswith("*.") and any(covers(entry, *key) for key in shown)
    ]
    return tuple(sorted(dict.fromkeys(uses), key=lambda use: (use.host, use.port)))


def _declared_only(entry: EgressHost) -> HostUse:
    return HostUse(normal_host(entry.host), declared=True, derived=False, static=False, port=entry.port)


def _too_wide(host: str) -> bool:
    """A wildcard whose fixed part has fewer than two labels."""
    name = normal_host(host)
    return "*" in name and (not name.startswith("*.") or "*" in name[2:] or name[2:].count(".") < 1)


def _first(places: set[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: (place.path, place.line))[:MAX_PLACES])
