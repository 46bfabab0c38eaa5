"""The risk score: additive, every factor named and capped, with the weights of a policy. Pure.

`score = min(100, sum of the factors)`, each factor the sum of its items' points up to the factor's cap. What could not
be examined adds points: a result that is missing never makes a plugin look better. A floor lifts the tier, not the
score, where one fact alone decides. Each finding counts in exactly one factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from governance.vocabulary import LABELS, Capability, CheckStatus, Severity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.policies.rules import RiskWeights
    from plugins.capabilities import Comparison
    from plugins.checks.base import CheckResult, Finding
    from plugins.package import Package

MAX_SCORE = 100

DANGEROUS = frozenset(
    {
        Capability.PROCESS_SPAWN,
        Capability.PROCESS_INSTALL_HOOK,
        Capability.CODE_DYNAMIC,
        Capability.CODE_NATIVE,
        Capability.FILESYSTEM_DELETE,
        Capability.NETWORK_LISTEN,
        Capability.CLIPBOARD_READ,
    }
)
"""Capabilities that no plugin should have without saying so."""

NATIVE_SUFFIXES = (".node", ".so", ".dll", ".dylib", ".pyd", ".exe", ".wasm", ".a", ".o", ".class", ".jar", ".pyc")
"""Ends of names of compiled files, which no check of this release reads."""

FINDING_CHECKS_ELSEWHERE = frozenset({"dependencies", "completeness", "declaration"})
"""Checks whose findings other factors count."""

MALICIOUS_RULE = "malicious-dependency"
"""The dependencies check's rule for a dependency whose very version is known to be malicious."""

_NO_RESULT = frozenset({CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED})


@dataclass(frozen=True, slots=True)
class RiskItem:
    """One thing that adds points. `closable`: whether the owner can close it without taking a feature away."""

    label: str
    points: int
    closable: bool = True
    floor: Tier | None = None
    """The tier below which the plugin cannot be while this is there."""


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One factor: its points after the cap, and the sentence that explains them."""

    code: str
    points: int
    reason: str
    cap: int
    items: tuple[RiskItem, ...] = ()

    @property
    def uncapped(self) -> int:
        """What the items add up to before the cap."""
        return sum(item.points for item in self.items)


@dataclass(frozen=True, slots=True)
class RiskScore:
    """The score, its tier and where both come from. The factors' points add up to `total`; `score` stops at 100."""

    score: int
    tier: Tier
    factors: tuple[RiskFactor, ...]
    weights_version: str
    floor: str | None = None
    """Why the tier is higher than the score says."""

    @property
    def total(self) -> int:
        """The sum of the factors, which may exceed 100."""
        return sum(factor.points for factor in self.factors)


def score(
    *, package: Package, results: Sequence[CheckResult], comparison: Comparison, weights: RiskWeights
) -> RiskScore:
    """Score one package version from what is known of it. Factors that add nothing are left in, with 0 points."""
    factors = (
        _factor("findings", weights, _finding_items(results, weights), "Findings in code and archive"),
        _factor("dependencies", weights, _dependency_items(results, weights), "Findings about dependencies"),
        _factor("capabilities", weights, _capability_items(comparison, weights), "What the plugin can do"),
        _factor("undeclared", weights, _undeclared_items(comparison, weights), "What it does without declaring it"),
        _factor(
            "missing_evidence", weights, _missing_items(package, results, weights), "What is not known or not shown"
        ),
        _factor("opaque", weights, _opaque_items(package, results, weights), "Code that cannot be read"),
    )
    points = min(MAX_SCORE, sum(factor.points for factor in factors))
    tier = weights.tier_of(points)
    floor_tier, cause = _floor(factors)
    if floor_tier.rank > tier.rank:
        reason = f"At least {LABELS[floor_tier].lower()}, whatever the score, because of a {cause}."
        return RiskScore(points, floor_tier, factors, weights.version, reason)
    return RiskScore(points, tier, factors, weights.version)


def native_files(package: Package) -> tuple[str, ...]:
    """Paths of the compiled files in a package, told by their names."""
    return tuple(file.path for file in package.files if file.path.lower().endswith(NATIVE_SUFFIXES))


def _factor(code: str, weights: RiskWeights, items: Iterable[RiskItem], title: str) -> RiskFactor:
    kept = tuple(
        sorted((item for item in items if item.points or item.floor), key=lambda item: (-item.points, item.label))
    )
    cap = weights.factors[code].cap
    points = min(cap, sum(item.points for item in kept))
    return RiskFactor(code, points, _reason(title, kept, cap), cap, kept)


def _reason(title: str, items: Sequence[RiskItem], cap: int) -> str:
    if not items:
        return f"{title}: nothing."
    named = "; ".join(item.label for item in items[:3])
    more = f"; and {len(items) - 3} more" if len(items) > 3 else ""  # noqa: PLR2004 - as many as were named
    capped = f" Capped at {cap}." if sum(item.points for item in items) > cap else ""
    return f"{title}: {named}{more}.{capped}"


def _finding_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["findings"].points
    for result in results:
        if result.code in FINDING_CHECKS_ELSEWHERE:
            continue
        for finding in result.findings:
            if not _opaque(finding, weights):
                yield RiskItem(_label(finding), points[finding.severity], floor=_malware_floor(finding, weights))


def _dependency_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["dependencies"].points
    for result in results:
        if result.code == "dependencies":
            for finding in result.findings:
                floor = weights.floors["malicious_dependency"] if finding.rule == MALICIOUS_RULE else None
                yield RiskItem(_label(finding), points[finding.severity], floor=floor)


def _capability_items(comparison: Comparison, weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["capabilities"].points
    for use in comparison.capabilities:
        yield RiskItem(LABELS[use.id].lower(), points[use.id], closable=False)


def _undeclared_items(comparison: Comparison, weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["undeclared"].points
    for use in comparison.undeclared_capabilities:
        key = "dangerous_capability" if use.id in DANGEROUS else "capability"
        yield RiskItem(f"the undeclared capability {use.id.value}", points[key])
    for host in comparison.undeclared_hosts:
        yield RiskItem(f"the undeclared host {host.host}", points["host"])


def _missing_items(package: Package, results: Sequence[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["missing_evidence"].points
    by_code = {result.code: result for result in results}
    for code in sorted(weights.required_checks | by_code.keys()):
        if not answered(by_code.get(code)):
            key = "required_check" if code in weights.required_checks else "other_check"
            yield RiskItem(f"the check {code} gave no result", points[key])
    if package.declaration is None:
        yield RiskItem("there is no declaration", points["declaration"])
        return
    for key, label in (
        ("test_evidence", "no test results"),
        ("test_coverage", "no test coverage"),
        ("support_until", "no support window"),
        ("rollback_version", "no rollback version"),
        ("failure_mode", "no word on behaviour on failure"),
    ):
        if getattr(package.declaration, key) in ("", None):
            yield RiskItem(label, points[key])


def _opaque_items(package: Package, results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["opaque"].points
    for result in results:
        for finding in result.findings:
            if result.code not in FINDING_CHECKS_ELSEWHERE and _opaque(finding, weights):
                yield RiskItem(_label(finding), points["finding"], floor=_malware_floor(finding, weights))
    for path in native_files(package):
        yield RiskItem(f"compiled file {path}", points["native_file"], closable=False)


def answered(result: CheckResult | None) -> bool:
    """Whether a check gave a result: it ran, concluded, and looked at something where there was something."""
    if result is None or result.status in _NO_RESULT:
        return False
    return result.status is CheckStatus.NOT_APPLICABLE or result.examined > 0


def _floor(factors: Iterable[RiskFactor]) -> tuple[Tier, str]:
    """The highest floor and the thing that sets it; LOW where there is none."""
    found = [(item.floor, item.label) for factor in factors for item in factor.items if item.floor]
    return max(found, key=lambda entry: entry[0].rank, default=(Tier.LOW, ""))


def _malware_floor(finding: Finding, weights: RiskWeights) -> Tier | None:
    return weights.floors["malware"] if _is_malware(finding) else None


def _is_malware(finding: Finding) -> bool:
    return finding.check == "malware" and finding.severity.at_least(Severity.HIGH)


def _opaque(finding: Finding, weights: RiskWeights) -> bool:
    return any(fnmatchcase(finding.rule, pattern) for pattern in weights.opaque_rules)


def _label(finding: Finding) -> str:
    place = f" in {finding.path}" + (f":{finding.line}" if finding.line else "") if finding.path else ""
    return f"{finding.severity.value} finding “{finding.title}”{place}"
