"""What the templates of the PDFs get beside the document itself: charts, counts, and tables cut to a bearable length.

Nothing that is cut is lost: the whole snapshot is attached to the PDF.
"""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.utils.translation import gettext as _

from audits.enums import FindingRating
from audits.reports.charts import Bar, bars, scale
from governance.models.choices import label
from governance.templatetags.plugwarden import shell_word
from governance.vocabulary import Severity
from plugins.enums import Outcome, factor_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audits.reports.documents import AuditReport, Dossier, FindingLine

T = TypeVar("T")

CAP = 500
"""Rows of one table; a thousand pages of findings are read by nobody."""

PLACES = 6
"""Places shown of one finding; a rule that matches in every file is read once."""

WORDINGS = 8
"""Findings of one rule that are shown where it words each differently, as with one for each advisory."""

POPULATION_CAP = 2000
"""Rows of a population's table: an auditor counts them."""

SEVERITY_COLORS = {
    Severity.CRITICAL: "#6b1420",
    Severity.HIGH: "#b3372f",
    Severity.MEDIUM: "#d98a29",
    Severity.LOW: "#5f93b8",
    Severity.INFO: "#a9b6c1",
}
TIER_COLORS = {"low": "#cfe3dc", "moderate": "#f0d9a8", "high": "#dd9a7c", "critical": "#9c3b3f"}
RATING_COLORS = {
    FindingRating.CRITICAL: "#6b1420",
    FindingRating.MAJOR: "#b3372f",
    FindingRating.MINOR: "#d98a29",
    FindingRating.OBSERVATION: "#a9b6c1",
}
OUTCOME_COLORS = {
    Outcome.MET: "#1d7a6b",
    Outcome.NOT_MET: "#b3372f",
    Outcome.UNANSWERED: "#d98a29",
    Outcome.NOT_APPLICABLE: "#a9b6c1",
}
FACTOR_COLOR = "#1d5c6b"


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """The rows of a table that are shown, and how many are not."""

    rows: Sequence[T]
    total: int

    @property
    def left_out(self) -> int:
        """How many rows are only in the snapshot."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one rule in the same words: told once, with their places."""

    told: FindingLine
    places: Sequence[FindingLine]
    total: int
    further: int = 0
    """Findings of the same rule in other words that are left out after this one."""

    @property
    def more(self) -> int:
        """How many places are left out."""
        return self.total - len(self.places)


@dataclass(frozen=True, slots=True)
class Count:
    """A line of a small table beside a chart."""

    code: str
    label: str
    number: int


def cut(rows: Sequence[T], most: int = CAP) -> Cut[T]:
    """The first rows of a table."""
    return Cut(rows[:most], len(rows))


def grouped(findings: Sequence[FindingLine]) -> list[FindingGroup]:
    """Equal findings as one, the rules in the order of their first finding."""
    rules: dict[tuple[str, ...], dict[tuple[str, ...], list[FindingLine]]] = {}
    for line in findings:
        wordings = rules.setdefault((line.severity, line.check, line.rule), {})
        wordings.setdefault((line.title, line.detail, line.remediation, line.cwe), []).append(line)
    return [group for wordings in rules.values() for group in _of_rule(list(wordings.values()))]


def _of_rule(wordings: list[list[FindingLine]]) -> list[FindingGroup]:
    shown = [FindingGroup(lines[0], lines[:PLACES], len(lines)) for lines in wordings[:WORDINGS]]
    shown[-1] = replace(shown[-1], further=sum(len(lines) for lines in wordings[WORDINGS:]))
    return shown


def dossier_context(dossier: Dossier) -> dict[str, Any]:
    """Everything the dossier's template shows."""
    severities = Counter(finding.severity for finding in dossier.findings)
    outcomes = Counter(line.outcome for line in dossier.criteria)
    groups = cut(grouped(dossier.findings))
    vulnerable = [part for part in dossier.dependencies if part.advisories]
    severity_counts = [Count(s.value, label(s), severities[s.value]) for s in reversed(Severity)]
    outcome_counts = [Count(o.value, str(o.label), outcomes[o.value]) for o in Outcome]
    return {
        "d": dossier,
        "made": dossier.made,
        "title": _("Certification dossier: %(plugin)s %(version)s")
        % {"plugin": dossier.identity.plugin, "version": dossier.identity.version},
        "artifact_argument": shell_word(dossier.identity.filename),
        "severity_counts": severity_counts,
        "severity_chart": _counts_chart(severity_counts, {s.value: c for s, c in SEVERITY_COLORS.items()}),
        "outcome_counts": outcome_counts,
        "outcome_chart": _counts_chart(outcome_counts, {o.value: c for o, c in OUTCOME_COLORS.items()}),
        "factor_chart": _factor_chart(dossier),
        "risk_scale": _risk_scale(dossier),
        "factor_lines": [{"label": factor_label(factor.code), "row": factor} for factor in dossier.risk.factors],
        "factor_sum": sum(factor.points for factor in dossier.risk.factors),
        "findings_total": len(dossier.findings),
        "findings_shown": sum(len(group.places) for group in groups.rows),
        "findings": groups,
        "capabilities": cut(dossier.capabilities),
        "hosts": cut(dossier.hosts),
        "dependencies": cut(dossier.dependencies),
        "vulnerable": cut(vulnerable),
        "criteria": cut(dossier.criteria),
        "undeclared": sum(use.undeclared for use in (*dossier.capabilities, *dossier.hosts)),
        "open_blocking": [line for line in dossier.criteria if line.blocking and _is_open(line.outcome)],
        "cap": CAP,
    }


def audit_context(audit: AuditReport) -> dict[str, Any]:
    """Everything the audit report's template shows."""
    ratings = Counter(finding.rating for finding in audit.findings)
    counts = [Count(r.value, str(r.label), ratings[r.value]) for r in reversed(FindingRating)]
    actions = [(finding, action) for finding in audit.findings for action in finding.actions]
    return {
        "a": audit,
        "made": audit.made,
        "title": _("Audit report %(code)s: %(title)s") % {"code": audit.code, "title": audit.title},
        "period_open": audit.made.at.date() <= audit.period_to,
        "rating_counts": counts,
        "rating_chart": _counts_chart(counts, {r.value: c for r, c in RATING_COLORS.items()}),
        "findings": cut(audit.findings),
        "actions": cut(actions),
        "decided": cut(audit.decided, POPULATION_CAP),
        "certified": cut(audit.certified, POPULATION_CAP),
        "evidence": cut(audit.evidence),
    }


def _is_open(outcome: str) -> bool:
    return outcome in {Outcome.NOT_MET, Outcome.UNANSWERED}


def _counts_chart(counts: Sequence[Count], colors: dict[str, str]) -> str:
    most = max((count.number for count in counts), default=0)
    rows = [Bar(count.label, count.number, str(count.number), colors[count.code]) for count in counts]
    return _address(bars(rows, most=most, width=3.7))


def _factor_chart(dossier: Dossier) -> str:
    if not dossier.risk.factors:
        return ""
    rows = [
        Bar(factor_label(factor.code), factor.points, str(factor.points), FACTOR_COLOR)
        for factor in dossier.risk.factors
    ]
    most = max(max(factor.cap, factor.points) for factor in dossier.risk.factors)
    return _address(bars(rows, most=most))


def _risk_scale(dossier: Dossier) -> str:
    bands = [(band.start, band.label, TIER_COLORS[band.tier]) for band in dossier.risk.bands]
    return _address(scale(dossier.risk.score, thresholds=bands)) if bands else ""


def _address(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
