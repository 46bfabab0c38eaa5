"""Put the four sources side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import Capability, CheckStatus
from plugins.environment import variables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from plugins.checks.base import CheckResult, Observation
    from plugins.package import EgressHost, Package

from plugins.capabilities.hosts import WEB_PORTS, covers, is_loopback, normal_host, split_port, too_wide
from plugins.capabilities.uses import MAX_PLACES, CapabilityUse, Comparison, EnvUse, HostUse, Place

OBSERVING_CHECKS = ("static",)
"""Checks without whose result the comparison is incomplete."""
RUNNING_CHECKS = ("behaviour",)
"""Checks that run the plugin; without their result what it does when run is not known."""
RAIDS_SEEN_BY = ("malware",)
"""Checks that observe `secrets.read` only where files of the machine's own credentials are read."""


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
        too_wide=tuple(sorted({entry.host for entry in declared_hosts if too_wide(entry.host)})),
    )


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


def _first(places: Collection[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: (place.path, place.line))[:MAX_PLACES])
