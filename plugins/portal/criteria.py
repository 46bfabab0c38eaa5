"""The policy's criteria as an owner needs them: what blocks, where, how to fix it, by when, and who decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import CriterionKind
from governance.policies import PolicyRules
from governance.policies.evaluation import CriterionOutcome, blockers
from governance.policies.evaluation import Outcome as PolicyOutcome
from plugins.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from plugins.models import CriterionResult
    from plugins.portal.outlook import AnswerNote
    from plugins.presenters import Evidence

PLACES = 8
"""Places shown for one criterion."""


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion of a run. Its explanation and places come from the package and are only ever text."""

    code: str
    title: str
    statement: str
    kind: str
    outcome: str
    outcome_text: str
    explanation: str
    places: tuple[str, ...]
    more: int
    remediation: str
    due_on: date
    decider: str
    blocks: bool
    reviewers: bool
    """Whether a reviewer has to answer it: nothing is asked of the owner."""

    @property
    def owner_acts(self) -> bool:
        """Whether it is open and the owner can close it."""
        return self.outcome in {Outcome.NOT_MET, Outcome.UNANSWERED} and not self.reviewers


@dataclass(frozen=True, slots=True)
class Criteria:
    """All criteria of a run, and the parts of them the page speaks of."""

    rows: tuple[CriterionRow, ...]

    @property
    def blocking(self) -> list[CriterionRow]:
        """What stands against a certificate and the owner can fix."""
        return [row for row in self.rows if row.blocks and row.owner_acts]

    @property
    def asked(self) -> list[CriterionRow]:
        """What is asked by a date without blocking."""
        return [row for row in self.rows if not row.blocks and row.owner_acts]

    @property
    def reviewers(self) -> int:
        """How many wait for a reviewer's answer."""
        return sum(row.reviewers for row in self.rows)


def criteria_of(evidence: Evidence, answers: Mapping[str, AnswerNote]) -> Criteria:
    """The criteria of a run; a reviewer's answer takes the place of the run's."""
    blocking = _blocking(evidence, answers)
    start = timezone.localdate(evidence.run.finished_at or evidence.run.queued_at)
    return Criteria(tuple(
        _row(result, answers.get(result.criterion.code), blocking, start) for result in evidence.criteria
    ))  # fmt: skip


def _blocking(evidence: Evidence, answers: Mapping[str, AnswerNote]) -> frozenset[str]:
    policy = evidence.run.policy
    if policy is None:
        return frozenset()
    outcomes = (
        CriterionOutcome(
            row.criterion.code,
            PolicyOutcome(answers[row.criterion.code].outcome if row.criterion.code in answers else row.outcome),
            row.explanation,
        )
        for row in evidence.criteria
    )
    return frozenset(found.code for found in blockers(PolicyRules.from_dict(policy.rules, validate=False), outcomes))


def _row(result: CriterionResult, answer: AnswerNote | None, blocking: frozenset[str], start: date) -> CriterionRow:
    criterion = result.criterion
    places = [_place(place) for place in result.evidence or () if isinstance(place, dict) and place.get("path")]
    outcome = answer.outcome if answer else result.outcome
    return CriterionRow(
        code=criterion.code,
        title=criterion.title,
        statement=criterion.statement,
        kind=criterion.get_kind_display(),
        outcome=outcome,
        outcome_text=answer.outcome_text if answer else result.get_outcome_display(),
        explanation=answer.note if answer else result.explanation,
        places=tuple(places[:PLACES]),
        more=max(len(places) - PLACES, 0),
        remediation=criterion.remediation,
        due_on=start + timedelta(days=criterion.deadline_days),
        decider=_decider(criterion.kind),
        blocks=criterion.code in blocking,
        reviewers=criterion.kind == CriterionKind.MANUAL and outcome == Outcome.UNANSWERED,
    )


def _decider(kind: str) -> str:
    match kind:
        case CriterionKind.MANUAL:
            return _("A reviewer")
        case CriterionKind.ATTESTATION:
            return _("You declare it, a reviewer confirms it")
    return _("The check on your fixed version, then a reviewer")


def _place(place: Mapping[str, object]) -> str:
    line = place.get("line")
    return f"{place['path']}:{line}" if line else str(place["path"])
