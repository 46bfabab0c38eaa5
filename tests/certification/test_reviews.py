import datetime as dt

import pytest

from certification.enums import ReviewKind, ReviewState
from certification.models import CriterionAnswer, Review
from certification.reviews import (
    ReviewRefused,
    answer_criterion,
    claim,
    due_date,
    open_review,
    release,
    take_over,
    why_not,
)
from governance.models import Criterion, LedgerEntry
from governance.roles import Role
from plugins.enums import Outcome, Standing
from plugins.services import remove_member
from tests.factories import OwnerTeamFactory, ReviewFactory, SubmissionFactory, UserFactory
from tests.support.certified import reviewer, under_review, vetted
from tests.support.races import at_once

pytestmark = pytest.mark.django_db


def last():
    return LedgerEntry.objects.last()


def reread(review):
    return Review.objects.get(pk=review.pk)


# --- who may ---


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD_REVIEWER])
def test_reviewers_may_work_on_reviews(role):
    assert why_not(UserFactory(role=role), ReviewFactory()) is None


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.AUDITOR, Role.MANAGER, Role.POLICY_MANAGER, Role.PLATFORM])
def test_nobody_else_may(role):
    review, user = ReviewFactory(), UserFactory(role=role)

    assert why_not(user, review) == "Only reviewers may work on reviews."
    with pytest.raises(ReviewRefused, match="Only reviewers"):
        claim(review=review, actor=user)


def test_nobody_reviews_what_their_team_owns():
    user = reviewer()
    review = ReviewFactory(version__plugin__team=OwnerTeamFactory(members=[user]))

    assert "nobody reviews their own" in why_not(user, review)
    assert not Review.objects.open_to(user).exists()


def test_nobody_reviews_what_they_submitted_for_others():
    user, review = reviewer(), ReviewFactory()
    SubmissionFactory(version=review.version, submitted_by=user)

    with pytest.raises(ReviewRefused, match="You submitted this version"):
        claim(review=review, actor=user)
    assert not Review.objects.open_to(user).exists()
    assert Review.objects.open_to(reviewer()).get() == review


def test_nobody_gets_neutral_by_leaving_the_team():
    user = reviewer()
    team = OwnerTeamFactory(members=[user])
    review = ReviewFactory(version__plugin__team=team)
    remove_member(team=team, member=user)

    with pytest.raises(ReviewRefused, match="You left the team"):
        claim(review=review, actor=user)


def test_who_left_the_team_before_may_review_what_it_submits_now():
    user = reviewer()
    team = OwnerTeamFactory(members=[user])
    remove_member(team=team, member=user)

    assert why_not(user, ReviewFactory(version__plugin__team=team)) is None


def test_who_left_another_team_may_review():
    user = reviewer()
    review = ReviewFactory()
    remove_member(team=OwnerTeamFactory(members=[user]), member=user)

    assert why_not(user, review) is None


def test_a_superuser_does_not_review_their_own_either():
    user = UserFactory(is_superuser=True)
    review = ReviewFactory(version__plugin__team=OwnerTeamFactory(members=[user]))

    with pytest.raises(ReviewRefused, match="nobody reviews their own"):
        claim(review=review, actor=user)


# --- claiming ---


def test_a_claim_is_the_reviewers_and_in_the_ledger():
    review, user = ReviewFactory(), reviewer()

    claim(review=review, actor=user)

    review = reread(review)
    assert (review.state, review.reviewer) == (ReviewState.CLAIMED, user)
    assert review.claimed_at is not None
    assert (last().verb, last().actor_id) == ("review.claimed", user.pk)


def test_the_second_to_claim_is_told_who_was_faster():
    first, second = reviewer(), reviewer()
    stale = ReviewFactory()
    claim(review=reread(stale), actor=first)

    with pytest.raises(ReviewRefused, match=f"{first} has claimed this review"):
        claim(review=stale, actor=second)

    assert reread(stale).reviewer == first


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_gets_it():
    review = ReviewFactory()
    people = [reviewer(), reviewer()]

    outcomes = at_once(*[lambda user=user: claim(review=reread(review), actor=user) for user in people])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Review", "ReviewRefused"]
    winner = next(outcome for outcome in outcomes if isinstance(outcome, Review))
    assert reread(review).reviewer == winner.reviewer
    assert LedgerEntry.objects.filter(verb="review.claimed").count() == 1


def test_a_reviewer_gives_a_review_back():
    user = reviewer()
    review = ReviewFactory(reviewer=user)

    release(review=review, actor=user)

    review = reread(review)
    assert (review.state, review.reviewer, review.claimed_at) == (ReviewState.OPEN, None, None)
    assert last().verb == "review.released"


def test_nobody_gives_back_what_another_claimed_but_a_lead():
    review = ReviewFactory(reviewer=reviewer())

    with pytest.raises(ReviewRefused, match="Only its reviewer or a lead"):
        release(review=review, actor=reviewer())
    release(review=review, actor=reviewer(Role.LEAD_REVIEWER))

    assert reread(review).state == ReviewState.OPEN


def test_what_is_decided_is_not_given_back():
    user = reviewer()
    review = ReviewFactory(reviewer=user, state=ReviewState.DECIDED)

    with pytest.raises(ReviewRefused, match="Only a claimed review"):
        release(review=review, actor=user)


def test_only_leads_take_over():
    review = ReviewFactory(reviewer=reviewer())
    lead = reviewer(Role.LEAD_REVIEWER)

    with pytest.raises(ReviewRefused, match="Only lead reviewers"):
        take_over(review=review, actor=reviewer())
    take_over(review=review, actor=lead)

    assert reread(review).reviewer == lead
    assert last().verb == "review.taken-over"


def test_a_lead_does_not_take_over_a_review_of_their_own_plugin():
    lead = reviewer(Role.LEAD_REVIEWER)
    review = ReviewFactory(reviewer=reviewer(), version__plugin__team=OwnerTeamFactory(members=[lead]))

    with pytest.raises(ReviewRefused, match="nobody reviews their own"):
        take_over(review=review, actor=lead)


@pytest.mark.parametrize("state", [ReviewState.OPEN, ReviewState.DECIDED, ReviewState.CLOSED])
def test_only_what_is_claimed_is_taken_over(state):
    with pytest.raises(ReviewRefused, match="Only a claimed review"):
        take_over(review=ReviewFactory(state=state), actor=reviewer(Role.LEAD_REVIEWER))


# --- answers ---


@pytest.fixture
def claimed(policy):
    return under_review(policy, answered=False)


def criterion(policy, kind):
    return Criterion.objects.filter(policy=policy, kind=kind).first()


@pytest.mark.parametrize("kind", ["manual", "attestation"])
def test_an_answer_is_kept_with_what_was_seen(claimed, policy, kind):
    asked = criterion(policy, kind)

    for outcome in (Outcome.NOT_MET, Outcome.MET):
        answer_criterion(
            review=claimed, criterion=asked, outcome=outcome, note=" Seen in the README. ", actor=claimed.reviewer
        )

    answer = CriterionAnswer.objects.get()
    assert (answer.outcome, answer.note, answer.answered_by) == (Outcome.MET, "Seen in the README.", claimed.reviewer)
    assert [row.outcome for row in answer.history.order_by("history_id")] == [Outcome.NOT_MET, Outcome.MET]
    assert (last().verb, last().details) == ("criterion.answered", {"code": asked.code, "outcome": "met"})


def test_an_answer_is_refused_without_its_evidence(claimed, policy):
    with pytest.raises(ReviewRefused, match="an answer needs its evidence"):
        answer_criterion(
            review=claimed, criterion=criterion(policy, "manual"), outcome="met", note="  ", actor=claimed.reviewer
        )


def test_a_machine_is_not_overruled(claimed, policy):
    with pytest.raises(ReviewRefused, match="answered by a check"):
        answer_criterion(
            review=claimed, criterion=criterion(policy, "check"), outcome="met", note="No.", actor=claimed.reviewer
        )


def test_another_reviewer_does_not_answer(claimed, policy):
    with pytest.raises(ReviewRefused, match="has claimed this review"):
        answer_criterion(
            review=claimed, criterion=criterion(policy, "manual"), outcome="met", note="Hm.", actor=reviewer()
        )


def test_an_unclaimed_review_is_not_answered(policy):
    review = Review.objects.get(run=vetted(policy))

    with pytest.raises(ReviewRefused, match="Claim the review first"):
        answer_criterion(
            review=review, criterion=criterion(policy, "manual"), outcome="met", note="Hm.", actor=reviewer()
        )


def test_who_was_taken_over_from_answers_no_more(claimed, policy):
    """Also with the page still open from before."""
    stale = reread(claimed)
    take_over(review=claimed, actor=reviewer(Role.LEAD_REVIEWER))

    with pytest.raises(ReviewRefused, match="has claimed this review"):
        answer_criterion(
            review=stale, criterion=criterion(policy, "manual"), outcome="met", note="Hm.", actor=stale.reviewer
        )


# --- opening and closing ---


def test_a_runs_end_opens_a_review_due_in_three_working_days(policy):
    friday = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)

    review = Review.objects.get(run=vetted(policy, version__queue_since=friday))

    assert (review.kind, review.state, review.due_on) == (
        ReviewKind.INITIAL,
        ReviewState.OPEN,
        dt.date(2026, 11, 25),
    )
    assert review.version.plugin.standing == Standing.IN_REVIEW
    assert LedgerEntry.objects.about(review).get().verb == "review.opened"


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ((2026, 11, 23), (2026, 11, 26)),  # Monday to Thursday
        ((2026, 11, 26), (2026, 12, 1)),  # Thursday to Tuesday
        ((2026, 11, 28), (2026, 12, 2)),  # Saturday to Wednesday
    ],
)
def test_due_dates_count_working_days(since, due):
    assert due_date(dt.date(*since)) == dt.date(*due)


def test_vetted_again_closes_the_old_review_and_keeps_its_reviewer(policy):
    review = under_review(policy, answered=False)

    fresh = open_review(run=review.run)

    assert reread(review).state == ReviewState.CLOSED
    assert (fresh.state, fresh.reviewer) == (ReviewState.CLAIMED, review.reviewer)
    assert Review.objects.pending().get() == fresh
