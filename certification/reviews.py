"""Human work on a vetted version: opened by a run's end, claimed, answered, given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.enums import ReviewKind, ReviewState
from certification.models import CriterionAnswer, Review
from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.models import CriterionKind
from plugins.enums import Standing
from plugins.interests import own_interest
from plugins.services import set_standing

if TYPE_CHECKING:
    from datetime import date

    from governance.models import Criterion, User
    from plugins.models import PluginVersion, VettingRun

DUE_WORKING_DAYS = 3
"""Working days from the day a version joined the queue to the day its decision is due."""
SATURDAY = 5


class ReviewRefused(Exception):
    """The review cannot be worked on like this; the text says why."""


def due_date(since: date, working_days: int = DUE_WORKING_DAYS) -> date:
    """The day so many working days (Monday to Friday) after a day."""
    day = since
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < SATURDAY
    return day


def why_not(user: User, review: Review) -> str | None:
    """Why a user may not work on a review, in a sentence; None where they may."""
    if own := own_interest(user, review.version):
        return own
    if not user.has_perm("certification.claim_review"):
        return _("Only reviewers may work on reviews.")
    return None


@transaction.atomic
def open_review(*, run: VettingRun, kind: ReviewKind = ReviewKind.INITIAL) -> Review:
    """Open the review of a version whose evidence is in; one that was open about older evidence is closed."""
    version = run.version
    earlier = Review.objects.pending().filter(version=version).select_for_update().first()
    reviewer = earlier.reviewer if earlier else None
    if earlier:
        close_review(review=earlier, reason="vetted again")
    review = Review.objects.create(version=version, run=run, kind=kind, due_on=due_date(version.queue_since.date()))
    ledger.record(verb="review.opened", subject=review, details={"run": run.pk, "kind": kind})
    if reviewer:
        _move(review, reviewer)
        ledger.record(verb="review.claimed", subject=review, actor=reviewer, details={"kept": True})
    if version.plugin.standing in {Standing.UNVETTED, Standing.REFUSED, Standing.LAPSED}:
        set_standing(plugin=version.plugin, standing=Standing.IN_REVIEW)
    return review


@transaction.atomic
def close_review(*, review: Review, reason: str, actor: User | None = None) -> Review:
    """Close a review without a decision."""
    review.close()
    review.save(update_fields=["state"])
    ledger.record(verb="review.closed", subject=review, actor=actor, details={"reason": reason})
    return review


@transaction.atomic
def claim(*, review: Review, actor: User) -> Review:
    """Take an open review.

    Raises:
        ReviewRefused: it is not open, somebody was faster, or the actor may not work on it.
    """
    lock(review)
    _demand(actor, review)
    if review.state != ReviewState.OPEN:
        raise ReviewRefused(_taken(review))
    _move(review, actor)
    ledger.record(verb="review.claimed", subject=review, actor=actor)
    return review


@transaction.atomic
def take_over(*, review: Review, actor: User) -> Review:
    """Take a claimed review from somebody who is away; lead reviewers only.

    Raises:
        ReviewRefused: the actor is no lead reviewer, may not work on it, or it is not claimed.
    """
    lock(review)
    _demand(actor, review)
    if not actor.has_perm("certification.reassign_review"):
        raise ReviewRefused(_("Only lead reviewers may take reviews over."))
    if review.state != ReviewState.CLAIMED:
        raise ReviewRefused(_("Only a claimed review can be taken over."))
    before = review.reviewer_id
    _move(review, actor)
    ledger.record(verb="review.taken-over", subject=review, actor=actor, details={"from": before})
    return review


@transaction.atomic
def release(*, review: Review, actor: User) -> Review:
    """Give a claimed review back to the queue.

    Raises:
        ReviewRefused: it is not claimed, or claimed by somebody else.
    """
    lock(review)
    if review.reviewer_id != actor.pk and not actor.has_perm("certification.reassign_review"):
        raise ReviewRefused(_("Only its reviewer or a lead reviewer may give it back."))
    try:
        review.release()
        review.reviewer = None
        review.claimed_at = None
        review.save(update_fields=["state", "reviewer", "claimed_at"])
    except (TransitionNotAllowed, ConcurrentTransition) as refusal:
        raise ReviewRefused(_("Only a claimed review can be given back.")) from refusal
    ledger.record(verb="review.released", subject=review, actor=actor)
    return review


@transaction.atomic
def answer_criterion(*, review: Review, criterion: Criterion, outcome: str, note: str, actor: User) -> CriterionAnswer:
    """Answer a criterion that needs a human, with what was seen; answering again replaces the answer.

    Raises:
        ReviewRefused: the actor has not claimed the review, the criterion is answered by machine, or the note is empty.
    """
    lock(review)
    require_reviewer(review=review, actor=actor)
    if criterion.kind not in {CriterionKind.MANUAL, CriterionKind.ATTESTATION}:
        raise ReviewRefused(_("%(code)s is answered by a check, not by a reviewer.") % {"code": criterion.code})
    if criterion.policy_id != review.run.policy_id:
        raise ReviewRefused(_("%(code)s belongs to another policy version.") % {"code": criterion.code})
    if not note.strip():
        raise ReviewRefused(_("Say what you saw: an answer needs its evidence."))
    answer, _created = CriterionAnswer.objects.update_or_create(
        review=review, criterion=criterion, defaults={"outcome": outcome, "note": note.strip(), "answered_by": actor}
    )
    ledger.record(
        verb="criterion.answered", subject=review, actor=actor, details={"code": criterion.code, "outcome": outcome}
    )
    return answer


def require_reviewer(*, review: Review, actor: User) -> None:
    """Demand that the actor is working on the review.

    Raises:
        ReviewRefused: they are not, or may not.
    """
    _demand(actor, review)
    if review.state == ReviewState.CLAIMED and review.reviewer_id != actor.pk:
        raise ReviewRefused(_taken(review))
    if review.state == ReviewState.OPEN:
        raise ReviewRefused(_("Claim the review first."))
    if review.state not in {ReviewState.CLAIMED, ReviewState.SECOND_APPROVAL}:
        raise ReviewRefused(_taken(review))


def lock(review: Review) -> None:
    """Hold the review's row until the transaction ends, and see it as it is now: others may have been faster.

    Not by `refresh_from_db`: django-fsm's lifts the protection of the state meanwhile, for all threads at once.
    """
    vars(review).update(vars(Review.objects.select_for_update().get(pk=review.pk)))


def _demand(actor: User, review: Review) -> None:
    if reason := why_not(actor, review):
        raise ReviewRefused(reason)


def _move(review: Review, reviewer: User) -> None:
    try:
        review.claim()
        review.reviewer = reviewer
        review.claimed_at = timezone.now()
        review.save(update_fields=["state", "reviewer", "claimed_at"])
    except (TransitionNotAllowed, ConcurrentTransition) as refusal:
        raise ReviewRefused(_("Somebody else was faster. Reload the page.")) from refusal


def _taken(review: Review) -> str:
    if review.state == ReviewState.CLAIMED:
        return _("%(who)s has claimed this review.") % {"who": review.reviewer}
    return _("This review is %(state)s.") % {"state": review.get_state_display().lower()}


@transaction.atomic
def close_for_withdrawal(*, version: PluginVersion, actor: User) -> None:
    """Close what is open about a version its owner took back."""
    for review in Review.objects.pending().filter(version=version).select_for_update():
        close_review(review=review, reason="withdrawn", actor=actor)
