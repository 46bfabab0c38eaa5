"""What the review page shows beside the evidence: the blockers, what this user may do, answers and decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from certification.admin.forms import ANSWERABLE, DecisionForm, criteria_of
from certification.automatic import conditions
from certification.decisions import approvals_needed, blockers
from certification.enums import REVIEW_OPEN, DecisionOutcome, ReviewState
from certification.reviews import why_not
from plugins.admin.criteria import CriterionRow, criteria_view
from plugins.admin.page import version_page
from plugins.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from certification.automatic import Condition
    from certification.decisions import Blocker
    from certification.models import Decision, Review
    from governance.models import Criterion, User
    from plugins.presenters import Evidence


@dataclass(frozen=True, slots=True)
class Choice:
    """A box of the list of criteria. `failing` ones stand first and come ticked."""

    criterion: Criterion
    outcome: str
    outcome_text: str
    failing: bool
    ticked: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What this user may do with this review. `obstacle` says why nothing, in a sentence."""

    review: Review
    obstacle: str | None
    may_claim: bool
    may_release: bool
    may_take_over: bool
    may_decide: bool
    blockers: tuple[Blocker, ...]
    decisions: tuple[Decision, ...]
    approvals_needed: int
    pending: bool
    overdue: bool
    automatic: tuple[Condition, ...]
    """What an automatic certificate would take, each with its answer; none where the plugin was never certified."""

    @property
    def automatic_missed(self) -> int:
        """How many of them are not met."""
        return sum(not condition.met for condition in self.automatic)

    @property
    def approvals(self) -> int:
        """How many approvals are in."""
        return sum(decision.outcome == DecisionOutcome.APPROVE for decision in self.decisions)


def review_page(request: HttpRequest, review: Review, *, form: DecisionForm | None = None) -> dict[str, Any]:
    """Everything the template needs beside the admin's own context."""
    user: User = request.user  # type: ignore[assignment]
    page = version_page(request, review.version, run=review.run, about=[review])
    desk = _desk(user, review)
    rows = _rows(review, page.evidence) if page.evidence else ()
    form = form or DecisionForm(review=review)
    return {
        "review": review,
        "page": replace(page, criteria=criteria_view(rows)) if page.evidence else page,
        "desk": desk,
        "form": form,
        "choices": _choices(review, rows, form) if desk.may_decide else (),
        "outcomes": [choice for choice in Outcome.choices if choice[0] != Outcome.UNANSWERED],
    }


def _desk(user: User, review: Review) -> Desk:
    pending = review.state in REVIEW_OPEN
    obstacle = why_not(user, review) if pending else None
    free = pending and obstacle is None
    mine = review.reviewer_id == user.pk
    lead = user.has_perm("certification.reassign_review")
    claimed = review.state == ReviewState.CLAIMED
    decisions = tuple(review.decisions.select_related("decided_by").prefetch_related("criteria"))
    decided_here = any(decision.decided_by_id == user.pk for decision in decisions)
    on_desk = (claimed and mine) or (review.state == ReviewState.SECOND_APPROVAL and not decided_here)
    return Desk(
        review=review,
        obstacle=obstacle,
        may_claim=free and review.state == ReviewState.OPEN,
        may_release=pending and claimed and (mine or lead),
        may_take_over=free and claimed and not mine and lead,
        may_decide=free and on_desk and user.has_perm("certification.decide_review"),
        blockers=tuple(blockers(review)) if pending else (),
        decisions=decisions,
        approvals_needed=approvals_needed(review),
        pending=pending,
        overdue=review.is_overdue(timezone.localdate()),
        automatic=conditions(review) if pending else (),
    )


def _rows(review: Review, evidence: Evidence) -> tuple[CriterionRow, ...]:
    answers = {answer.criterion_id: answer for answer in review.answers.select_related("answered_by")}
    return tuple(
        CriterionRow(result, answers.get(result.criterion_id), result.criterion.kind in ANSWERABLE)
        for result in evidence.criteria
    )


def _choices(review: Review, rows: Sequence[CriterionRow], form: DecisionForm) -> tuple[Choice, ...]:
    outcomes = {row.result.criterion_id: (row.outcome, row.outcome_text) for row in rows}
    given = set(form.data.getlist("criteria")) if form.is_bound else None  # type: ignore[attr-defined]
    choices = []
    for criterion in criteria_of(review):
        outcome, text = outcomes.get(criterion.pk, ("", ""))
        failing = outcome == Outcome.NOT_MET
        ticked = failing if given is None else str(criterion.pk) in given
        choices.append(Choice(criterion, outcome, text, failing, ticked))
    return tuple(sorted(choices, key=lambda choice: (not choice.failing, choice.criterion.position)))
