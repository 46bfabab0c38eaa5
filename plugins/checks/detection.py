"""The rules that people wrote in the portal, run over the package. Monitored ones are reported apart and never count.

Rules come in from the caller as plain data; without any the check is not applicable. An enforced rule that crashes,
runs out of time or was altered since it was tested leaves the check inconclusive, by name. A monitored one is named
too, but cannot block: that is what monitoring means.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from governance.vocabulary import CheckStatus
from plugins.checks import basis
from plugins.checks.base import (
    CheckResult,
    Finding,
    Observation,
    capability,
    conclude,
    engines,
    fingerprinted,
)
from plugins.checks.static.report import named
from plugins.detection import lists
from plugins.detection.rule import FILE_KINDS, Hit, Kind, RuleSet, Search
from plugins.detection.searching import search
from plugins.sandbox import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.vocabulary import Severity
    from plugins.capabilities import Comparison
    from plugins.checks.base import Workspace
    from plugins.detection.rule import Rule
    from plugins.package import Package

CODE = "detection"
DISTRIBUTIONS = ("ast-grep-py", "yara-x", "google-re2")
HITS_A_RULE = 200
"""Findings kept of one rule; what is beyond is counted in the evidence."""
SEES_HOSTS = "static"
"""The check without whose result nobody knows which hosts the code names."""
UNREAD_SHOWN = 200
ENGINE = " + ".join(DISTRIBUTIONS)
_SILENT = frozenset({CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED})
Row = dict[str, Any]
"""One rule in the evidence."""


class DetectionCheck:
    """Runs the rules it was made with."""

    code = CODE
    version = "1"
    reads_files = True
    not_applicable = "No detection rule is in force or monitored."

    def __init__(self, rules: RuleSet | None = None) -> None:
        self.rules = rules or RuleSet()

    def basis(self, workspace: Workspace) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Our code, the rules, and the engines."""
        return basis.digest(basis.code(), self.rules.digest, basis.installed(*DISTRIBUTIONS))

    def applies_to(self, package: Package) -> bool:  # noqa: ARG002 - the protocol's signature
        """Whether there is any rule."""
        return bool(self.rules.rules)

    def run(self, workspace: Workspace) -> CheckResult:
        """Run the rules that read files and those about dependencies; `with_hosts` adds those about hosts."""
        package = workspace.package
        try:
            found = search(self.rules.of(FILE_KINDS), workspace.root, package.files)
        except SandboxUnavailable as missing:
            found = Search(broken={rule.key: f"could not run: {missing}" for rule in self.rules.of(FILE_KINDS)})
        found.broken |= {rule.key: "was altered after it was tested" for rule in self.rules.rules if rule.altered}
        for rule in self.rules.of({Kind.DEPENDENCY}):
            for dependency, why, decided in lists.dependency_hits(
                rule, lists.dependencies(rule.body), package.dependencies
            ):
                if decided:
                    found.hits.append(lists.as_hit(rule, dependency, why))
                else:
                    found.broken[rule.key] = f"could not be answered for {dependency.name}: {why}"
        return self._concluded(found, workspace, looked_at=len(package.dependencies))

    def with_hosts(
        self, result: CheckResult, workspace: Workspace, seen: Comparison, others: Iterable[CheckResult]
    ) -> CheckResult:
        """The result with the rules about hosts: all that the declaration, the manifest, the code and the run name."""
        rules = self.rules.of({Kind.HOST})
        if not rules or result.status in {CheckStatus.NOT_APPLICABLE, CheckStatus.ERRORED}:
            return result
        found = Search()
        blind = any(other.code == SEES_HOSTS and other.status in _SILENT for other in others)
        for rule in rules:
            listed = lists.hosts(rule.body)
            for use in seen.hosts:
                if lists.host_hit(listed, use.host):
                    places = [(place.path, place.line) for place in use.places] or [("", 0)]
                    found.hits += [Hit(rule, path, line, use.host, symbol=use.host) for path, line in places]
            if blind:
                found.broken[rule.key] = f"could not be answered: the check {SEES_HOSTS} gave no result"
        added = self._concluded(found, workspace, looked_at=max(1, len(seen.hosts)))
        return _joined(result, added, workspace.fail_on)

    def _concluded(self, found: Search, workspace: Workspace, *, looked_at: int) -> CheckResult:
        hits, beyond = _capped(found)
        enforced = [_finding(hit) for hit in hits if not hit.rule.monitored]
        rows = [_row(rule, found.broken.get(rule.key, "")) for rule in self.rules.rules]
        monitored = fingerprinted(_finding(hit) for hit in hits if hit.rule.monitored)
        return conclude(
            code=CODE,
            findings=enforced,
            fail_on=workspace.fail_on,
            reason=_reason(rows, len(enforced), len(monitored)),
            gaps=[*_gaps(self.rules, found)],
            examined=len(found.examined) or looked_at or 1,
            engine=ENGINE,
            engine_version=_versions(),
            observations=tuple(_observations(hits)),
            monitored=monitored,
            evidence={
                "rules_digest": f"sha256:{self.rules.digest}",
                "rules": rows,
                "unread": [{"path": path, "why": why} for path, why in sorted(found.unread.items())[:UNREAD_SHOWN]],
                "beyond_cap": dict(sorted(beyond.items())),
            },
            cpu_ms=round(found.cpu_seconds * 1000),
        )


def _versions() -> str:
    import importlib.metadata  # noqa: PLC0415 - start-up time: it pulls in the mail parser

    return engines(*((name, importlib.metadata.version(name)) for name in DISTRIBUTIONS))[1]


def _gaps(rules: RuleSet, found: Search) -> Iterator[str]:
    """What enforced rules could not answer; a monitored rule's silence is in the evidence."""
    for rule in rules.rules:
        if rule.key in found.broken and not rule.monitored:
            yield f"The detection rule {rule.name} {found.broken[rule.key].rstrip('.')}."
    enforced = [found.blind.get(rule.key, set()) for rule in rules.rules if not rule.monitored]
    if unread := set().union(*enforced):
        files = f"{len(unread)} files could not be looked at ({named(unread)})"
        yield f"{files}; {min(unread)}: {found.unread[min(unread)].rstrip('.')}."


def _capped(found: Search) -> tuple[list[Hit], dict[str, int]]:
    """The hits that are kept, and by rule how many more there were."""
    kept: list[Hit] = []
    count: Counter[str] = Counter()
    beyond = Counter(found.beyond)
    for hit in found.hits:
        count[hit.rule.key] += 1
        if count[hit.rule.key] <= HITS_A_RULE:
            kept.append(hit)
        else:
            beyond[hit.rule.key] += 1
    return kept, dict(beyond)


def _finding(hit: Hit) -> Finding:
    rule = hit.rule
    return Finding(
        check=CODE,
        rule=rule.code,
        severity=rule.severity,
        title=rule.title,
        path=hit.path,
        line=hit.line,
        snippet=hit.text,
        detail=f"{rule.message.strip()} (Detection rule {rule.name}.)",
        remediation=rule.remediation,
        cwe=rule.cwe,
        symbol=hit.symbol,
    )


def _observations(hits: Iterable[Hit]) -> Iterator[Observation]:
    for hit in hits:
        if hit.rule.capability and not hit.rule.monitored:
            yield capability(hit.rule.capability, hit.path, hit.line, hit.text)


def _row(rule: Rule, silence: str) -> Row:
    row: Row = {
        "code": rule.code,
        "revision": rule.revision,
        "kind": rule.kind.value,
        "mode": "monitored" if rule.monitored else "enforced",
    }
    return {**row, "no_answer": silence} if silence else row


def _reason(rows: Sequence[Row], findings: int, monitored: int) -> str:
    watching = [row for row in rows if row["mode"] == "monitored"]
    parts = [f"{_count(len(rows) - len(watching), 'rule')} in force, {_count(findings, 'hit')}"]
    if watching:
        parts.append(f"{len(watching)} only monitored, {_count(monitored, 'hit')}, counting for nothing")
    if silent := [str(row["code"]) for row in watching if "no_answer" in row]:
        parts.append(f"no answer from the monitored {named(silent)}")
    return "; ".join(parts) + "."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _joined(first: CheckResult, second: CheckResult, fail_on: Severity) -> CheckResult:
    """One result of two: what either could not answer stays open, what either found stands."""
    findings, monitored = [*first.findings, *second.findings], (*first.monitored, *second.monitored)
    rows = [{**row, **other} for row, other in zip(_rows(first), _rows(second), strict=True)]
    return conclude(
        code=CODE,
        findings=findings,
        fail_on=fail_on,
        reason=_reason(rows, len(findings), len(monitored)),
        gaps=[result.reason for result in (first, second) if result.status is CheckStatus.INCONCLUSIVE],
        examined=first.examined + second.examined,
        engine=first.engine,
        engine_version=first.engine_version,
        observations=(*first.observations, *second.observations),
        monitored=monitored,
        evidence={**first.evidence, "rules": rows},
        cpu_ms=first.cpu_ms,
    )


def _rows(result: CheckResult) -> list[Row]:
    return cast("list[Row]", result.evidence["rules"])
