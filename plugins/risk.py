"""The risk score: additive, every factor named and capped, with the weights of a policy. Pure.

`score = min(100, sum of the factors)`, each factor the sum of its items' points up to the factor's cap. What could not
be examined adds points: a result that is missing never makes a plugin look better. A floor lifts the tier, not the
score, where one fact alone decides. Each finding counts in exactly one factor, and in none while a waiver is active.

Things of one kind are one item, in which each further one counts `repeat_percent` of the one before: forty harmless
calls of one function are no worse than a theft. A high or critical finding is an item of its own, at full weight; one
that stands for many alike in vendored code counts each further place likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from governance.vocabulary import LABELS, Capability, CheckStatus, Severity, Tier
from plugins.checks.base import NO_RESULT
from plugins.checks.exploited import epss_words
from plugins.origin import is_proven
from plugins.reputation import YEARS, reach_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.policies.rules import RiskWeights
    from plugins.capabilities import Comparison
    from plugins.checks.base import CheckResult, ComponentResult, Finding, MatchedAdvisory
    from plugins.package import Package
    from plugins.reputation import Reputation

MAX_SCORE = 100
NAMED = 3
"""How many things of a list are named; the rest is counted."""

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

FINDING_CHECKS_ELSEWHERE = frozenset({"dependencies", "completeness", "declaration", "changes", "licences"})
"""Checks whose findings other factors count, or that compare with what is declared or was certified."""

PROVENANCE, PUBLISHER, REACH, LICENCES = "provenance", "publisher", "reach", "licences"
"""Factors; two of them are named as the checks they count."""

UNPROVEN_RULES = frozenset({"provenance-absent", "provenance-unverified"})
"""Its rules that say no more than: the origin is not proven."""

MALICIOUS_RULE = "malicious-dependency"
"""The dependencies check's rule for a dependency whose very version is known to be malicious."""


@dataclass(frozen=True, slots=True)
class RiskItem:
    """What adds points: one thing, or several of a kind.

    `closable`: whether the owner can close it without taking a feature away.
    """

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
    *,
    package: Package,
    results: Sequence[CheckResult],
    comparison: Comparison,
    weights: RiskWeights,
    reputation: Reputation | None = None,
) -> RiskScore:
    """Score one package version from what is known of it. Factors that add nothing are left in, with 0 points.

    `reputation` is the publisher's record. None: nobody keeps one, and it adds nothing.
    """
    factors = (
        _factor("findings", weights, _finding_items(results, weights), "Findings in code and archive"),
        _factor("dependencies", weights, _dependency_items(results, weights), "Findings about dependencies"),
        _factor("capabilities", weights, _capability_items(comparison, weights), "What the plugin can do"),
        _factor("undeclared", weights, _undeclared_items(comparison, weights), "What it does without declaring it"),
        _factor(
            "missing_evidence", weights, _missing_items(package, results, weights), "What is not known or not shown"
        ),
        _factor("opaque", weights, _opaque_items(package, results, weights), "Code that cannot be read"),
        *_later_factors(results, weights, reputation),
    )
    points = min(MAX_SCORE, sum(factor.points for factor in factors))
    tier = weights.tier_of(points)
    floor_tier, cause = _floor(factors)
    if floor_tier.rank > tier.rank:
        reason = f"At least {LABELS[floor_tier].lower()}, whatever the score, because of a {cause}."
        return RiskScore(points, floor_tier, factors, weights.version, reason)
    return RiskScore(points, tier, factors, weights.version)


def _later_factors(
    results: Sequence[CheckResult], weights: RiskWeights, reputation: Reputation | None
) -> Iterator[RiskFactor]:
    """Factors that came after the first release: a policy stored before them has no weights for them."""
    if PROVENANCE in weights.factors:
        yield _factor(PROVENANCE, weights, _origin_items(results, weights), "Where it comes from")
    if PUBLISHER in weights.factors:
        yield _factor(PUBLISHER, weights, _publisher_items(reputation, weights), "Who publishes it")
    if REACH in weights.factors:
        yield _factor(REACH, weights, _reach_items(reputation, weights), "How far it reaches")
    if LICENCES in weights.factors:
        yield _factor(LICENCES, weights, _licence_items(results, weights), "Under what terms it may be used")


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
    named = "; ".join(item.label for item in items[:NAMED])
    more = f"; and {len(items) - NAMED} more" if len(items) > NAMED else ""
    capped = f" Capped at {cap}." if sum(item.points for item in items) > cap else ""
    return f"{title}: {named}{more}.{capped}"


def _finding_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    worth = weights.factors["findings"].points
    for result in results:
        if result.code in FINDING_CHECKS_ELSEWHERE:
            continue
        findings = [finding for finding in result.counted if not _opaque(finding, weights) and not _unproven(finding)]
        for alike in _alike(findings):
            count = sum(finding.count for finding in alike)
            points = _falling(worth[alike[0].severity], count, weights)
            yield RiskItem(_label(alike), points, floor=_malware_floor(alike[0], weights))


def _dependency_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    results = [result for result in results if result.code == "dependencies"]
    yield from _dependency_finding_items(results, weights)
    for result in results:
        yield from _exploitation_items(result, weights)


def _dependency_finding_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    worth = weights.factors["dependencies"].points
    for result in results:
        for alike in _alike(result.counted):
            floor = weights.floors["malicious_dependency"] if alike[0].rule == MALICIOUS_RULE else None
            points = _falling(worth[alike[0].severity], len(alike), weights)
            yield RiskItem(_label(alike), points, floor=floor)


def _exploitation_items(result: CheckResult, weights: RiskWeights) -> Iterator[RiskItem]:
    """What is exploited, or likely to be, in what reaches the platform; each fault of a package once."""
    found: dict[tuple[str, str], RiskItem] = {}
    for part in (part for part in result.components if part.shipped):
        for advisory in part.advisories:
            if not result.excuses(part, advisory) and (item := _exploitation_item(part, advisory, weights)):
                key = (advisory.id, part.name)
                known = found.get(key)
                found[key] = item if known is None or known.floor is None else known
    yield from found.values()


def _exploitation_item(part: ComponentResult, advisory: MatchedAdvisory, weights: RiskWeights) -> RiskItem | None:
    fault = f"fault {advisory.id} in {part.name}"
    if advisory.exploited_since:
        floor = weights.known_exploited_floor if advisory.match == "affected" else None
        label = f"known exploited {fault} (since {advisory.exploited_since})"
        return RiskItem(label, weights.exploitation_points("known_exploited"), floor=floor)
    level = weights.epss_level(advisory.epss)
    if not level:
        return None
    words = epss_words(advisory.epss or 0.0, advisory.percentile or 0.0)
    return RiskItem(f"{fault} with {words}", weights.exploitation_points(level))


def _capability_items(comparison: Comparison, weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["capabilities"].points
    for use in comparison.capabilities:
        yield RiskItem(LABELS[use.id].lower(), points[use.id], closable=False)


def _undeclared_items(comparison: Comparison, weights: RiskWeights) -> Iterator[RiskItem]:
    worth = weights.factors["undeclared"].points
    used = sorted(use.id for use in comparison.undeclared_capabilities)
    hosts = sorted(host.host for host in comparison.undeclared_hosts)
    for key, one, several, names in (
        ("dangerous_capability", "capability", "dangerous capabilities", [name for name in used if name in DANGEROUS]),
        ("capability", "capability", "capabilities", [name for name in used if name not in DANGEROUS]),
        ("host", "host", "hosts", hosts),
    ):
        if names:
            points = _falling(worth[key], len(names), weights)
            yield RiskItem(f"the undeclared {_several(one, several, names)}", points)


def _missing_items(package: Package, results: Sequence[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    points = weights.factors["missing_evidence"].points
    by_code = {result.code: result for result in results}
    for code in sorted(weights.required_checks | by_code.keys()):
        counts_elsewhere = code == PROVENANCE and code in weights.factors and code not in weights.required_checks
        if not answered(by_code.get(code)) and not counts_elsewhere:
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
    worth = weights.factors["opaque"].points
    for result in results:
        if result.code in FINDING_CHECKS_ELSEWHERE:
            continue
        for alike in _alike([finding for finding in result.counted if _opaque(finding, weights)]):
            points = _falling(worth["finding"], len(alike), weights)
            yield RiskItem(_label(alike), points, floor=_malware_floor(alike[0], weights))
    if paths := native_files(package):
        points = _falling(worth["native_file"], len(paths), weights)
        yield RiskItem(_several("compiled file", "compiled files", paths), points, closable=False)


def _origin_items(results: Sequence[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    if not is_proven(results):
        yield RiskItem("no verified statement proves the origin", weights.factors[PROVENANCE].points["unproven"])


def _publisher_items(reputation: Reputation | None, weights: RiskWeights) -> Iterator[RiskItem]:
    if reputation is None:
        return
    points = weights.factors[PUBLISHER].points
    if not reputation.certified:
        yield RiskItem("no plugin of this owner team was ever certified", points["new"], closable=False)
    for count, key, what in (
        (reputation.incidents, "incident", "of this plugin"),
        (reputation.team_incidents, "team_incident", "of other plugins of the team"),
    ):
        if count:
            times = "a certificate" if count == 1 else f"{count} certificates"
            label = f"{times} {what} suspended or revoked within {YEARS} years"
            yield RiskItem(label, _falling(points[key], count, weights), closable=False)


def _reach_items(reputation: Reputation | None, weights: RiskWeights) -> Iterator[RiskItem]:
    if reputation and (key := reach_of(reputation.installations)):
        label = f"{reputation.installations} installations"
        yield RiskItem(label, weights.factors[REACH].points[key], closable=False)


def _licence_items(results: Iterable[CheckResult], weights: RiskWeights) -> Iterator[RiskItem]:
    worth = weights.factors[LICENCES].points
    for result in (result for result in results if result.code == LICENCES):
        for alike in _alike(result.counted):
            points = worth.get(alike[0].rule.removeprefix("licence-"), 0)
            yield RiskItem(_label(alike), _falling(points, len(alike), weights))


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of one rule and severity together, of dependencies those about one of them; grave ones by themselves."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        about = finding.symbol.rpartition(":")[0] if finding.check == "dependencies" else ""
        own = number if finding.severity.at_least(Severity.HIGH) else None
        groups.setdefault((finding.rule, finding.severity, about, own), []).append(finding)
    return list(groups.values())


def _falling(points: int, count: int, weights: RiskWeights) -> int:
    """Points of `count` things of a kind, rounded down: a geometric series, whose first is worth its full points."""
    share = weights.repeat_percent / 100
    return points * count if share == 1 else int(points * (1 - share**count) / (1 - share))


def answered(result: CheckResult | None) -> bool:
    """Whether a check gave a result: it ran, concluded, and looked at something where there was something."""
    if result is None or result.status in NO_RESULT:
        return False
    return result.status is CheckStatus.NOT_APPLICABLE or result.examined > 0


def _floor(factors: Iterable[RiskFactor]) -> tuple[Tier, str]:
    """The highest floor and the thing that sets it; LOW where there is none."""
    found = [(item.floor, item.label) for factor in factors for item in factor.items if item.floor]
    return max(found, key=lambda entry: entry[0].rank, default=(Tier.LOW, ""))


def _malware_floor(finding: Finding, weights: RiskWeights) -> Tier | None:
    return weights.floors["malware"] if _is_malware(finding) else None


def _is_malware(finding: Finding) -> bool:
    return finding.check in {"malware", "files"} and finding.severity.at_least(Severity.HIGH)


def _opaque(finding: Finding, weights: RiskWeights) -> bool:
    return any(fnmatchcase(finding.rule, pattern) for pattern in weights.opaque_rules)


def _unproven(finding: Finding) -> bool:
    """Whether it only says that the origin is not proven, which is a factor of its own."""
    return finding.check == PROVENANCE and finding.rule in UNPROVEN_RULES


def _label(alike: Sequence[Finding]) -> str:
    finding = alike[0]
    place = f" in {finding.path}" + (f":{finding.line}" if finding.line else "") if finding.path else ""
    named = f"“{finding.title}”{place}"
    if len(alike) == 1:
        return f"{finding.severity.value} finding {named}"
    return f"{len(alike)} {finding.severity.value} findings of one kind, first {named}"


def _several(one: str, several: str, names: Sequence[str]) -> str:
    """`host a`, or `hosts a, b, c and 4 more`."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{one if len(names) == 1 else several} {', '.join(names[:NAMED])}{more}"
