"""One issue, ready to be shown: where it is, how it came and went, what was said of it, and its waivers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from plugins.enums import WAIVER_OPEN, Triage
from plugins.services.waivers import longest, why_not

if TYPE_CHECKING:
    from plugins.models import Finding, FixedFinding, Issue, IssueNote, Waiver

LIMIT = 20
"""Rows of one list; the rest is counted."""


@dataclass(frozen=True, slots=True)
class IssuePage:
    """All of it."""

    issue: Issue
    newest: Finding | None
    """Where it was found last; None only for a row somebody wrote by hand."""
    fixed_by: FixedFinding | None
    """The run that did not find it any more, where that came after."""
    findings: tuple[Finding, ...]
    notes: tuple[IssueNote, ...]
    waivers: tuple[Waiver, ...]
    triage: Triage
    not_waivable: str
    """Why nobody can waive it; empty where one can be asked for."""
    days: int
    """The longest a waiver may hold."""

    @property
    def open_waiver(self) -> Waiver | None:
        """The one that is proposed, approved or active."""
        return next((waiver for waiver in self.waivers if waiver.state in WAIVER_OPEN), None)

    @property
    def in_force(self) -> Waiver | None:
        """The one that takes it out of the count today."""
        waiver, today = self.open_waiver, timezone.localdate()
        held = waiver and waiver.decided_by_id and waiver.starts_on <= today <= waiver.ends_on
        return waiver if held else None


def issue_page(issue: Issue, *, internal: bool) -> IssuePage:
    """Build it with six queries. `internal`: with the notes that are for reviewers only."""
    findings = tuple(issue.findings.select_related("run__version__plugin").defer("run__report").order_by("-pk")[:LIMIT])
    newest = findings[0] if findings else None
    fixes = newest.fixes.select_related("run__version__plugin").defer("run__report").order_by("-pk") if newest else None
    notes = issue.notes.select_related("author").order_by("-pk")
    said = tuple(notes if internal else notes.filter(internal=False))[: LIMIT * 5]
    verdict = next((note.triage for note in said if note.triage), Triage.OPEN)
    return IssuePage(
        issue=issue,
        newest=newest,
        fixed_by=fixes.first() if fixes is not None else None,
        findings=findings,
        notes=said,
        waivers=tuple(issue.waivers.select_related("requested_by", "decided_by").order_by("-pk")[:LIMIT]),
        triage=Triage(verdict),
        not_waivable=why_not(issue),
        days=longest(newest),
    )
