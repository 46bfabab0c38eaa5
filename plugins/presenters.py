"""The evidence of a vetting run, ready to be shown: one frozen picture for admin, portal and reports.

Built with the same number of queries for any run: checks, finding counts, the worst findings, criteria. Long tables are
cut to `limit` rows and say how many there are; everything in it that came from a package is text to be escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, IntegerField, Value, When
from django.utils.translation import gettext as _

from governance.badges import tone, word
from governance.models.choices import label
from governance.vocabulary import Capability, CheckStatus, FindingState, Severity, Verdict
from plugins.checks.base import Exploitation
from plugins.checks.exploited import age_words
from plugins.differences import Differences, differences_of
from plugins.enums import RUN_OPEN, RunState, factor_label
from plugins.models import Finding
from plugins.origin_shown import ShownOrigin, origin_of
from plugins.sandbox_log import CODE, logged_phases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugins.models import CheckRun, CriterionResult, VettingRun
from plugins.sandbox_log import LoggedPhase

LIMIT = 50
"""Rows of one table on a page that shows everything."""

PLACES = 5
"""Places shown for one capability or host."""


@dataclass(frozen=True, slots=True)
class Use:
    """One capability or host: who says it is used, and where it was seen."""

    name: str
    text: str
    declared: bool
    derived: bool
    static: bool
    dynamic: bool | None
    """None: it was not run."""
    undeclared: bool
    unused: bool
    places: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of the risk score; `share` is its part of 100 points."""

    code: str
    text: str
    points: int
    reason: str
    share: int


@dataclass(frozen=True, slots=True)
class SeverityGroup:
    """The findings of one severity: how many there are, and the ones shown."""

    severity: str
    total: int
    findings: tuple[Finding, ...]

    @property
    def hidden(self) -> int:
        """How many are not shown."""
        return self.total - len(self.findings)


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """A dependency and the advisories that concern it."""

    purl: str
    requirement: str
    pinned: str
    direct: bool
    advisories: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """The advisories the run was matched against."""

    names: str
    records: int
    age_days: float
    demo: bool
    exploited_days: float | None = None
    epss_days: float | None = None

    @property
    def exploitation(self) -> str:
        """How old what was known of exploitation was, in a sentence."""
        return age_words(Exploitation(known_age_days=self.exploited_days, likely_age_days=self.epss_days))

    @property
    def days(self) -> int:
        """The age in whole days."""
        return round(self.age_days)


@dataclass(frozen=True, slots=True)
class EnvRow:
    """An environment variable: its name declared, and read by the code."""

    name: str
    declared: bool
    seen: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a run says. `ended` is False while it waits or runs; `complete` is False where it broke."""

    run: VettingRun
    ended: bool
    complete: bool
    verdict: str
    verdict_text: str
    verdict_tone: str
    score: int | None
    tier: str
    factors: tuple[Factor, ...]
    floor: str
    """Why the tier is higher than the score says; empty where it is not."""
    counterfactual: str
    checks: tuple[CheckRun, ...]
    severity_counts: Mapping[str, int]
    findings: tuple[SeverityGroup, ...]
    capabilities: tuple[Use, ...]
    hosts: tuple[Use, ...]
    mentioned: tuple[str, ...]
    """Hosts that are only told to people: in comments, links, sentences or the manual."""
    dependencies: tuple[DependencyRow, ...]
    dependencies_total: int
    criteria: tuple[CriterionResult, ...]
    feed: Feed | None
    differences: Differences | None
    """Against the last certified version; None for a first one."""
    fixed: tuple[Finding, ...] = ()
    """What the runs before found and this one looked for in vain."""
    fixed_total: int = 0
    says: tuple[str, ...] = ()
    """What the native manifest says beside capabilities and hosts."""
    secrets: tuple[str, ...] = ()
    """The secrets it asks for."""
    env: tuple[EnvRow, ...] = ()
    tests: str = ""
    """What the reports in the package say, in a sentence; empty where there is none that could be read."""
    origin: ShownOrigin | None = None
    """Where it comes from; None where the report does not say."""
    monitored: tuple[Mapping[str, Any], ...] = ()
    """What detection rules on trial found; in none of the counts."""
    monitored_total: int = 0

    @property
    def sandbox(self) -> tuple[LoggedPhase, ...]:
        """What the plugin did when it ran, phase by phase."""
        found = (logged_phases(check.evidence) for check in self.checks if check.code == CODE)
        return next(found, ())

    @property
    def compared(self) -> bool:
        """Whether the findings were compared with those of a run before: in a first one all are new."""
        shown = [finding for group in self.findings for finding in group.findings]
        return bool(self.fixed) or any(finding.state != FindingState.NEW for finding in shown)

    @property
    def findings_total(self) -> int:
        """How many findings there are."""
        return sum(self.severity_counts.values())

    @property
    def findings_hidden(self) -> int:
        """How many findings are not shown."""
        return sum(group.hidden for group in self.findings)

    @property
    def dependencies_hidden(self) -> int:
        """How many dependencies are not shown."""
        return self.dependencies_total - len(self.dependencies)

    @property
    def undeclared(self) -> int:
        """How many capabilities and hosts are used without being declared."""
        return sum(use.undeclared for use in (*self.capabilities, *self.hosts))


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One check of a run under way."""

    code: str
    status: str
    text: str
    seconds: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    run: VettingRun
    under_way: bool
    done: int
    total: int
    steps: tuple[ProgressStep, ...]


def progress_of(run: VettingRun) -> Progress:
    """How far a run has come, from the row itself: no query."""
    document = run.progress if isinstance(run.progress, dict) else {}
    steps = tuple(_step(code, entry) for code, entry in (document.get("checks") or {}).items())
    total = int(document.get("total") or len(steps))
    return Progress(run, run.state in RUN_OPEN, int(document.get("done") or 0), total, steps)


def evidence_of(run: VettingRun, *, limit: int = LIMIT) -> Evidence:
    """Everything a run says, at most `limit` findings and dependencies of it."""
    report: Mapping[str, Any] = run.report if isinstance(run.report, dict) else {}
    risk = report.get("risk") or {}
    verdict = str(report.get("verdict") or run.state)
    counts = finding_counts([run.pk]).get(run.pk, {})
    dependencies = [_dependency(row) for row in report.get("dependencies") or ()]
    return Evidence(
        run=run,
        ended=run.state not in RUN_OPEN,
        complete=bool(report),
        verdict=verdict,
        verdict_text=word(verdict, Verdict) if report else run.get_state_display(),
        verdict_tone=tone(verdict),
        score=run.score,
        tier=run.tier,
        factors=tuple(_factor(row) for row in risk.get("factors") or () if row.get("points")),
        floor=str(risk.get("floor") or ""),
        counterfactual=str(risk.get("counterfactual") or ""),
        checks=tuple(run.checks.all()),
        severity_counts=counts,
        findings=_groups(run, counts, limit) if counts else (),
        capabilities=tuple(_use(row, "id") for row in report.get("capabilities") or ()),
        hosts=tuple(_use(row, "host") for row in report.get("egress") or ()),
        mentioned=tuple(str(row["host"]) for row in report.get("mentioned") or ())[:limit],
        dependencies=tuple(sorted(dependencies, key=lambda row: (not row.advisories, row.purl))[:limit]),
        dependencies_total=len(dependencies),
        criteria=tuple(run.criteria.select_related("criterion").order_by("criterion__position")),
        feed=_feed(report.get("feed")),
        differences=differences_of(report),
        fixed=_fixed(run, limit) if report.get("fixed") else (),
        fixed_total=len(report.get("fixed") or ()),
        says=_texts(report.get("manifest"), "says"),
        secrets=_texts(report.get("manifest"), "secrets"),
        env=tuple(_variable(row) for row in (report.get("env") or ())[:limit]),
        tests=_tests(report.get("tests")),
        origin=origin_of(report),
        monitored=tuple(report.get("monitored") or ())[:limit],
        monitored_total=len(report.get("monitored") or ()),
    )


def finding_counts(runs: Sequence[int]) -> dict[int, dict[str, int]]:
    """For each run (by id), how many findings of each severity: one query for any number of runs."""
    result: dict[int, dict[str, int]] = {}
    rows = Finding.objects.filter(run__in=runs).order_by().values_list("run", "severity").annotate(n=Count("pk"))
    for run, severity, count in rows:
        result.setdefault(run, {})[severity] = count
    return result


def severity_rank() -> Case:
    """An expression that orders findings by severity; the worst is highest."""
    whens = [When(severity=severity.value, then=Value(severity.rank)) for severity in Severity]
    return Case(*whens, default=Value(-1), output_field=IntegerField())


def _fixed(run: VettingRun, limit: int) -> tuple[Finding, ...]:
    rows = run.fixed.select_related("finding").order_by("finding__path", "pk")[:limit]
    return tuple(row.finding for row in rows)


def _groups(run: VettingRun, counts: Mapping[str, int], limit: int) -> tuple[SeverityGroup, ...]:
    worst = run.findings.order_by(severity_rank().desc(), "path", "line", "id")[:limit]
    shown: dict[str, list[Finding]] = {}
    for finding in worst:
        shown.setdefault(finding.severity, []).append(finding)
    return tuple(
        SeverityGroup(severity.value, counts[severity], tuple(shown.get(severity, ())))
        for severity in reversed(Severity)
        if counts.get(severity)
    )


def _factor(row: Mapping[str, Any]) -> Factor:
    points = int(row.get("points") or 0)
    code = str(row.get("code", ""))
    return Factor(code, factor_label(code), points, str(row.get("reason", "")), min(points, 100))


def _use(row: Mapping[str, Any], key: str) -> Use:
    name = str(row.get(key, ""))
    declared, derived, static = (bool(row.get(source)) for source in ("declared", "derived", "static"))
    dynamic = row.get("dynamic")
    shown = derived or static or bool(dynamic)
    places = [_place(place) for place in row.get("evidence") or ()]
    return Use(
        name=name,
        text=label(Capability(name)) if name in set(Capability) else "",
        declared=declared,
        derived=derived,
        static=static,
        dynamic=None if dynamic is None else bool(dynamic),
        undeclared=bool(row.get("undeclared", shown and not declared)),
        unused=bool(row.get("unused", declared and not shown)),
        places=tuple(places[:PLACES]),
        more=max(int(row.get("total") or 0), len(places)) - len(places[:PLACES]),
    )


def _place(place: Mapping[str, Any]) -> str:
    line = place.get("line")
    return f"{place.get('path', '')}:{line}" if line else str(place.get("path", ""))


def _dependency(row: Mapping[str, Any]) -> DependencyRow:
    return DependencyRow(
        purl=str(row.get("purl", "")),
        requirement=str(row.get("requirement") or ""),
        pinned=str(row.get("pinned") or ""),
        direct=bool(row.get("direct", True)),
        advisories=tuple(row.get("advisories") or ()),
    )


def _texts(row: Any, key: str) -> tuple[str, ...]:
    return tuple(map(str, row.get(key) or ())) if isinstance(row, dict) else ()


def _variable(row: Mapping[str, Any]) -> EnvRow:
    return EnvRow(str(row.get("name", "")), bool(row.get("declared")), bool(row.get("static")))


def _tests(row: Any) -> str:
    results, coverage = (row.get("results"), row.get("coverage")) if isinstance(row, dict) else (None, None)
    said = []
    if results:
        said.append(_("%(total)s tests, %(failed)s failed, %(skipped)s skipped") % results)
    if coverage:
        said.append(_("%(covered)s of %(lines)s lines covered (%(percent)s %%)") % coverage)
    return "; ".join(said)


def _feed(row: Any) -> Feed | None:
    if not isinstance(row, dict) or not row.get("names"):
        return None
    names: Iterable[Any] = row["names"]
    return Feed(
        names=", ".join(str(name) for name in names),
        records=int(row.get("records") or 0),
        age_days=float(row.get("age_days") or 0),
        exploited_days=row.get("known_exploited_age_days"),
        epss_days=row.get("epss_age_days"),
        demo=bool(row.get("demo")),
    )


def _step(code: str, entry: Any) -> ProgressStep:
    entry = entry if isinstance(entry, dict) else {}
    status = str(entry.get("status") or "queued")
    milliseconds = entry.get("ms")
    seconds = f"{milliseconds / 1000:.1f} s" if isinstance(milliseconds, (int, float)) else ""
    text = str(RunState(status).label) if status in set(RUN_OPEN) else word(status, CheckStatus)
    return ProgressStep(code, status, text, seconds)
