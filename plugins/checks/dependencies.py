"""Check `dependencies`: every dependency against the imported advisories, pinned PyPI ones by pip-audit as well."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from governance import canonical
from governance.codec import encode
from plugins.advisories.matching import AFFECTED, AdvisoryIndex, Answer, Match, lead_first
from plugins.advisories.osv import OsvRecord, RecordInvalid, parse_record
from plugins.advisories.requirements import Kind
from plugins.advisories.severity import UNSTATED
from plugins.advisories.sources import sources
from plugins.advisories.starter import NAME as DEMO_FEED
from plugins.advisories.versions import PYPI, SUPPORTED
from plugins.checks import basis
from plugins.checks.base import CheckResult, ComponentResult, Finding, MatchedAdvisory, conclude, engines
from plugins.checks.dependency_age import age_sentence, old_versions
from plugins.checks.dependency_findings import (
    CODE,
    advisory_finding,
    disagreement_finding,
    label,
    requirement_finding,
)
from plugins.checks.exploited import age_words, with_exploitation
from plugins.checks.lookalikes import lookalike_findings
from plugins.checks.pip_audit import AuditReport, Pin, audit
from plugins.package import PURL_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.checks.base import FeedSnapshot, Workspace
    from plugins.package import Package

ENGINE = "plugwarden OSV matcher"
SHOWN_GAPS = 10
UNREAD = frozenset(
    {
        "bundled-unreadable",
        "dependencies-unreadable",
        "dependency-invalid",
        "lockfile-unreadable",
        "requirements-unreadable",
        "setup-cfg-unreadable",
    }
)
"""Intake's problems that mean: there may be dependencies nobody has read."""


class DependenciesCheck:
    """Known vulnerable and malicious dependencies, and dependencies nobody can know anything about."""

    code = CODE
    version = "4"
    reads_files = False

    def __init__(self, *, today: date | None = None) -> None:
        """`today` is the day ages are counted to; None: each time the day it is, in UTC."""
        self._today = today

    def _day(self) -> date:
        return self._today or datetime.now(tz=UTC).date()

    def _of_names(self, package: Package) -> list[Finding]:
        """What names and dates of dependencies say, whatever the advisories know."""
        return [*lookalike_findings(CODE, package), *old_versions(CODE, package, self._day())]

    def basis(self, workspace: Workspace) -> str | None:
        """Our code, pip-audit, and every advisory that names a dependency. The feeds' age is a fact of its own."""
        if workspace.feed is None:
            return None
        asked = {
            "month": self._day().isoformat()[:7],
            "feeds": list(workspace.feed.names),
            "advisories": list(workspace.feed.advisories),
            "uncovered": list(workspace.feed.uncovered),
            "exploitation": encode(replace(workspace.feed.exploitation, known_age_days=None, likely_age_days=None)),
        }
        return basis.digest(basis.code(), basis.installed("pip-audit"), canonical.digest(asked))

    def applies_to(self, package: Package) -> bool:
        """Whether the package has any dependency, or a place where one may stand that intake could not read."""
        return bool(package.dependencies or _unread(package))

    def run(self, workspace: Workspace) -> CheckResult:
        """Match every dependency; without a feed, or with any dependency unanswered, the result is inconclusive."""
        feed = workspace.feed
        if feed is None:
            return _without_feed(workspace, self._of_names(workspace.package))
        records, gaps = _records(feed)
        index = AdvisoryIndex(records)
        found = (index.answer(dependency) for dependency in workspace.package.dependencies)
        answers = [replace(answer, blind=answer.requirement.ecosystem in feed.uncovered) for answer in found]
        pins = [pin for answer in answers if (pin := _pin(answer))]
        report = audit(pins, index)
        answers, disagreements = _cross_checked(answers, report, index)
        answers = with_exploitation(answers, feed.exploitation)
        engine, engine_version = engines((ENGINE, self.version), ("pip-audit", report.version))
        return conclude(
            code=CODE,
            findings=[*_findings(answers), *disagreements, *self._of_names(workspace.package)],
            fail_on=workspace.fail_on,
            reason=f"{_reason(answers, feed)} {age_sentence(workspace.package)}",
            gaps=[*_unread(workspace.package), *gaps, *_blind(answers), *_gaps(answers), *report.gaps],
            examined=sum(answer.answered for answer in answers),
            engine=engine,
            engine_version=engine_version,
            components=tuple(_component(answer) for answer in answers),
            evidence=_evidence(feed, report, pins),
            cpu_ms=report.cpu_ms,
        )


def _unread(package: Package) -> list[str]:
    """A gap for every place of dependencies that intake could not read."""
    return [f"{problem.path}: {problem.message}" for problem in package.problems if problem.rule in UNREAD][:SHOWN_GAPS]


def _without_feed(workspace: Workspace, others: list[Finding]) -> CheckResult:
    """What can be said without advisories: how the dependencies are asked for, and that the rest is unknown."""
    index = AdvisoryIndex([])
    answers = [index.answer(dependency) for dependency in workspace.package.dependencies]
    gap = (
        "No advisory feed is imported, so nothing is known about the vulnerabilities of "
        f"{_count(len(answers), 'dependency', 'dependencies')}; run manage.py advisories import."
    )
    return conclude(
        code=CODE,
        findings=[*_findings(answers), *others],
        fail_on=workspace.fail_on,
        reason=gap,
        gaps=[gap],
        examined=0,
        engine=ENGINE,
        components=tuple(_component(answer) for answer in answers),
        evidence={"feeds": [], "records": 0},
    )


def _records(feed: FeedSnapshot) -> tuple[list[OsvRecord], list[str]]:
    """The feed's records; one that cannot be read any more leaves a gap, for it may have named a dependency."""
    records, gaps = [], []
    for raw in feed.advisories:
        try:
            records.append(parse_record(raw))
        except RecordInvalid as problem:
            gaps.append(f"An imported advisory cannot be used: {problem}")
    return records, gaps[:SHOWN_GAPS]


def _pin(answer: Answer) -> Pin | None:
    """What pip-audit is asked about: an exact version from the registry that our matcher could decide."""
    requirement = answer.requirement
    if requirement.ecosystem == PYPI and requirement.pinned and not answer.doubts:
        return requirement.name, requirement.pinned
    return None


def _cross_checked(
    answers: list[Answer], report: AuditReport, index: AdvisoryIndex
) -> tuple[list[Answer], list[Finding]]:
    """Add what only pip-audit named, and a finding for every pin the two matchers see differently."""
    joined, disagreements = [], []
    for answer in answers:
        pin = _pin(answer)
        theirs = report.answers.get(pin) if pin else None
        if theirs is None:
            joined.append(answer)
            continue
        extra = [ids for ids in theirs if not any(ids & match.names for match in answer.matches)]
        only_ours = [match.id for match in answer.matches if not any(match.names & ids for ids in theirs)]
        added = tuple(_foreign(ids, answer, index) for ids in extra)
        joined.append(replace(answer, matches=(*answer.matches, *added)))
        if only_ours or added:
            disagreements.append(disagreement_finding(answer, only_ours, [match.id for match in added]))
    return joined, disagreements


def _foreign(ids: frozenset[str], answer: Answer, index: AdvisoryIndex) -> Match:
    """A fault only pip-audit names, with what our records know of it."""
    known = [record for record in index.about(PYPI, answer.requirement.name) if record.id in ids]
    stated = [record.severity for record in known if record.severity_stated]
    names = lead_first(ids)
    return Match(
        kind=AFFECTED,
        id=names[0],
        aliases=tuple(names[1:]),
        severity=max(stated, key=lambda severity: severity.rank, default=UNSTATED),
        severity_stated=bool(stated),
        malicious=any(record.is_malicious for record in known),
        summary=next((record.summary for record in known), ""),
        fixed=(),
        upgrade=None,
        example=answer.requirement.pinned or "",
    )


def _findings(answers: Iterable[Answer]) -> list[Finding]:
    findings = []
    for answer in answers:
        findings += [advisory_finding(answer, match) for match in answer.matches]
        if finding := requirement_finding(answer):
            findings.append(finding)
    return findings


def _blind(answers: list[Answer]) -> list[str]:
    """One sentence for each ecosystem whose dependencies no imported advisory could name."""
    of = Counter(answer.requirement.ecosystem for answer in answers if answer.blind)
    return [
        f"None of the imported advisories is about packages of {ecosystem}, so nothing is known about the "
        f"vulnerabilities of {_count(number, 'dependency', 'dependencies')}; run manage.py advisories sync "
        f"--ecosystem {ecosystem}."
        for ecosystem, number in sorted(of.items())
        if ecosystem in SUPPORTED
    ]


def _gaps(answers: list[Answer]) -> list[str]:
    """One sentence for each dependency that could be asked about but was not answered, or one for all."""
    gaps = [gap for answer in answers for gap in _gaps_of(answer)]
    if not gaps and not any(answer.answered or answer.blind for answer in answers):
        return ["None of the dependencies can be compared with advisories; the findings say why."]
    more = len(gaps) - SHOWN_GAPS
    return [*gaps[:SHOWN_GAPS], *([f"{more} more could not be answered."] if more > 0 else [])]


def _gaps_of(answer: Answer) -> list[str]:
    requirement = answer.requirement
    if requirement.kind is Kind.UNKNOWN and requirement.ecosystem in SUPPORTED and not requirement.pinned:
        return [f"The requirement {label(answer)} cannot be read."]
    return [f"{label(answer)} could not be decided: {doubt.rstrip('.')}." for doubt in answer.doubts]


def _component(answer: Answer) -> ComponentResult:
    dependency, requirement = answer.dependency, answer.requirement
    return ComponentResult(
        purl=_purl(requirement.ecosystem, requirement.name, requirement.pinned),
        ecosystem=requirement.ecosystem,
        name=requirement.name,
        requirement=dependency.requirement,
        direct=dependency.direct,
        pinned=requirement.pinned,
        scope=dependency.scope,
        advisories=tuple(
            MatchedAdvisory(
                match.id,
                match.aliases,
                match.severity,
                match.summary,
                match.fixed,
                match.kind,
                exploited_since=match.exploited_since,
                epss=match.epss,
                percentile=match.percentile,
            )
            for match in answer.matches
        ),
        license=dependency.license,
        integrity=dependency.integrity,
        needs=dependency.needs,
    )


def _purl(ecosystem: str, name: str, version: str | None) -> str:
    """The package URL of what is installed; empty for a name that makes none."""
    from packageurl import PackageURL  # noqa: PLC0415 - start-up time: most commands never ask

    kind = PURL_TYPES.get(ecosystem, "generic")
    namespace, _, base = name.rpartition("/")
    try:
        return PackageURL(kind, namespace or None, base, version).to_string()
    except ValueError:
        return ""


def _reason(answers: list[Answer], feed: FeedSnapshot) -> str:
    """What was compared with what, how old that is, and whether it is demo data."""
    done = sum(answer.answered for answer in answers)
    left = len(answers) - done
    compared = _count(done, "dependency", "dependencies")
    records = _count(feed.records, "advisory", "advisories")
    said = [f"{compared} compared with {records} of {', '.join(feed.names)}, {_age(feed.age_days)}."]
    if feed.demo:
        said.append("This is demo data." if feed.names == (DEMO_FEED,) else "Part of it is demo data.")
    if left:
        said.append(f"{left} more cannot be compared with any advisory; the findings say why.")
    said.append(age_words(feed.exploitation))
    return " ".join(said)


def _age(days: float) -> str:
    return "less than a day old" if days < 1 else f"{_count(int(days), 'day', 'days')} old"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _evidence(feed: FeedSnapshot, report: AuditReport, pins: list[Pin]) -> dict[str, object]:
    return {
        "feeds": list(feed.names),
        "records": feed.records,
        "age_days": round(feed.age_days, 2),
        "demo": feed.demo,
        "sources": list(sources(str(raw.get("id")) for raw in feed.advisories)),
        "considered": len(feed.advisories),
        "known_exploited_age_days": _rounded(feed.exploitation.known_age_days),
        "epss_age_days": _rounded(feed.exploitation.likely_age_days),
        "pip_audit": report.as_evidence(len(set(pins))),
    }


def _rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 2)
