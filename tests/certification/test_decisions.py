import pytest

from certification.decisions import DecisionRefused, approvals_needed, blockers
from certification.enums import CertificateState, DecisionOutcome, ReviewState
from certification.models import Certificate, Decision, Review
from certification.reviews import claim, take_over
from governance.models import LedgerEntry
from governance.roles import Role
from governance.vocabulary import CheckStatus
from plugins.enums import Standing, VersionState
from plugins.models import VettingRun
from plugins.services import add_member, runs
from tests.factories import CriterionFactory, PolicyVersionFactory, UserFactory, VettingRunFactory, grant
from tests.plugins import cases
from tests.support.certified import answer_all, certified, reviewer, under_review, verdict
from tests.support.policies import in_force, variation
from tests.support.races import at_once
from tests.support.reports import made_report
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db


def reread(review):
    return Review.objects.get(pk=review.pk)


def raise_tier(review, tier):
    VettingRun.objects.filter(pk=review.run_id).update(tier=tier)
    return reread(review)


def failed_report():
    return made_report(cases.with_result(cases.clean_results(), cases.result("static", findings=[cases.finding()])))


def inconclusive_report():
    silent = cases.result("secrets", CheckStatus.INCONCLUSIVE)
    return made_report(cases.with_result(cases.clean_results(), silent))


@pytest.fixture
def nothing_decided():
    """Whatever happens in the test, it leaves no decision, no certificate and no word of one."""
    yield
    assert not Decision.objects.exists()
    assert not Certificate.objects.exists()
    assert not LedgerEntry.objects.filter(verb__startswith="decision.").exists()


# --- approving ---


def test_an_approval_certifies_in_the_same_step(policy):
    review = under_review(policy)

    decision = verdict(review, reason=" All is in order. ", conditions="Only in sales.")

    review = reread(review)
    assert (review.state, review.version.state) == (ReviewState.DECIDED, VersionState.APPROVED)
    assert review.version.plugin.standing == Standing.CERTIFIED
    certificate = Certificate.objects.get()
    assert (certificate.decision, certificate.conditions) == (decision, "Only in sales.")
    assert (decision.reason, decision.criteria.count()) == ("All is in order.", 2)
    entry = LedgerEntry.objects.get(verb="decision.approve")
    assert (entry.actor_id, entry.details["reason"]) == (review.reviewer_id, "All is in order.")
    assert len(entry.details["criteria"]) == 2


def test_what_nobody_answered_blocks_and_is_named(nothing_decided):
    rules = variation("strict", blocking={"PRIV-05"})
    review = under_review(in_force(rules), made_report(policy=rules), answered=False)

    with pytest.raises(DecisionRefused, match=r"Approval is blocked by: PRIV-05 .+\."):
        verdict(review)

    [blocker] = blockers(review)
    assert (blocker.code, blocker.why) == ("PRIV-05", "A reviewer has to answer this criterion.")
    assert blocker.remediation
    answer_all(review, review.reviewer)
    assert blockers(review) == []


def test_a_reviewers_no_blocks_too(policy, nothing_decided):
    review = under_review(policy, answered=False)
    answer_all(review, review.reviewer, "not_met")

    with pytest.raises(DecisionRefused, match="Approval is blocked"):
        verdict(review)


@pytest.mark.parametrize(
    ("report", "title"),
    [(failed_report, "Vetting did not pass"), (inconclusive_report, "Vetting was inconclusive")],
)
def test_a_run_that_did_not_pass_blocks_approval(policy, nothing_decided, report, title):
    review = under_review(policy, report())

    with pytest.raises(DecisionRefused, match=title):
        verdict(review)

    assert blockers(review)[0].title == title
    assert reread(review).state == ReviewState.CLAIMED


def test_without_evidence_nothing_is_approved(policy):
    review = under_review(policy)
    with lifted():
        VettingRun.objects.filter(pk=review.run_id).update(report=None)

    assert [blocker.code for blocker in blockers(reread(review))] == ["run"]


# --- the other outcomes ---


def test_changes_requested_hand_the_turn_to_the_owner(policy):
    review = under_review(policy, failed_report())

    verdict(review, DecisionOutcome.REQUEST_CHANGES, reason="Use SHA-256.")

    review = reread(review)
    assert (review.state, review.version.state) == (ReviewState.DECIDED, VersionState.CHANGES_REQUESTED)
    assert not Certificate.objects.exists()
    assert LedgerEntry.objects.filter(verb="decision.request-changes").exists()


def test_a_rejection_refuses_the_plugin(policy):
    review = under_review(policy, failed_report())

    verdict(review, DecisionOutcome.REJECT, reason="It leaks.")

    review = reread(review)
    assert review.version.state == VersionState.REJECTED
    assert review.version.plugin.standing == Standing.REFUSED


def test_a_rejection_at_renewal_revokes_the_certificate(policy):
    certificate = certified(policy)
    version = certificate.version
    version.start_vetting()
    version.save(update_fields=["state"])
    run = VettingRunFactory(queued=True, version=version, policy=policy)
    runs._conclude(run.pk, runs._take_up(run.pk).attempts, failed_report())
    review = Review.objects.pending().get(version=version)
    claim(review=review, actor=reviewer())
    verdict(review, DecisionOutcome.REJECT, reason="It leaks now.")

    certificate = Certificate.objects.get(pk=certificate.pk)
    assert (certificate.state, certificate.state_reason) == (CertificateState.REVOKED, "It leaks now.")
    assert reread(review).version.plugin.standing == Standing.REFUSED


# --- grounds ---


@pytest.mark.parametrize("outcome", DecisionOutcome)
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_decision_needs_its_reason(policy, nothing_decided, outcome, reason):
    with pytest.raises(DecisionRefused, match="needs its reason"):
        verdict(under_review(policy), outcome, reason=reason)


def test_a_decision_cites_criteria(policy, nothing_decided):
    with pytest.raises(DecisionRefused, match="cites at least one criterion"):
        verdict(under_review(policy), criteria=[])


def test_criteria_of_another_policy_are_not_cited(policy, nothing_decided):
    other = PolicyVersionFactory(state="draft", version="other", criteria=False)
    stranger = CriterionFactory(policy=other)

    with pytest.raises(DecisionRefused, match="another policy version"):
        verdict(under_review(policy), criteria=[stranger])


# --- who ---


def test_somebody_who_joined_the_team_meanwhile_does_not_decide(policy, nothing_decided):
    review = under_review(policy)
    add_member(team=review.version.plugin.team, member=review.reviewer)

    with pytest.raises(DecisionRefused, match="nobody reviews their own"):
        verdict(review)


def test_another_reviewer_does_not_decide_what_one_has_claimed(policy, nothing_decided):
    with pytest.raises(DecisionRefused, match="has claimed this review"):
        verdict(under_review(policy), by=reviewer())


def test_an_unclaimed_review_is_not_decided(policy, nothing_decided):
    review = under_review(policy)
    review.release()
    review.reviewer = None
    review.save(update_fields=["state", "reviewer"])

    with pytest.raises(DecisionRefused, match="Claim the review first"):
        verdict(review, by=reviewer())


def test_claiming_is_not_enough_to_decide(policy, nothing_decided):
    clerk = grant(UserFactory(), "certification.claim_review")

    with pytest.raises(DecisionRefused, match="Only reviewers may decide"):
        verdict(under_review(policy, by=clerk))


def test_a_review_is_decided_once(policy):
    review = under_review(policy)
    stale = reread(review)
    verdict(review)

    with pytest.raises(DecisionRefused, match="This review is decided"):
        verdict(stale, DecisionOutcome.REJECT)

    assert Decision.objects.count() == 1
    assert reread(review).version.state == VersionState.APPROVED


def test_who_was_taken_over_from_decides_no_more(policy, nothing_decided):
    review = under_review(policy)
    stale = reread(review)
    take_over(review=review, actor=reviewer(Role.LEAD_REVIEWER))

    with pytest.raises(DecisionRefused, match="has claimed this review"):
        verdict(stale)


# --- four eyes ---


@pytest.mark.parametrize(("tier", "people"), [("low", 1), ("moderate", 1), ("high", 2), ("critical", 2)])
def test_the_tier_says_how_many_approve(policy, tier, people):
    assert approvals_needed(raise_tier(under_review(policy, answered=False), tier)) == people


def test_a_high_tier_is_certified_by_the_second_approval(policy):
    review = raise_tier(under_review(policy), "high")

    verdict(review)
    assert reread(review).state == ReviewState.SECOND_APPROVAL
    assert reread(review).version.state == VersionState.IN_REVIEW
    assert not Certificate.objects.exists()
    with pytest.raises(DecisionRefused, match="the second approval is another person's"):
        verdict(reread(review))
    verdict(reread(review), by=reviewer())

    assert reread(review).state == ReviewState.DECIDED
    assert Certificate.objects.get().tier == "high"


def test_the_second_person_may_refuse(policy):
    review = raise_tier(under_review(policy), "high")
    verdict(review)

    verdict(reread(review), DecisionOutcome.REJECT, by=reviewer(), reason="I see it differently.")

    assert reread(review).version.state == VersionState.REJECTED
    assert not Certificate.objects.exists()


def test_a_refusal_needs_one_person_whatever_the_tier(policy):
    review = raise_tier(under_review(policy), "critical")

    verdict(review, DecisionOutcome.REJECT)

    assert reread(review).version.state == VersionState.REJECTED


# --- at once ---


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_decide_at_once_exactly_one_wins(policy):
    review = raise_tier(under_review(policy), "high")
    verdict(review)
    second, third = reviewer(), reviewer()

    outcomes = at_once(
        lambda: verdict(reread(review), by=second),
        lambda: verdict(reread(review), DecisionOutcome.REJECT, by=third, reason="No."),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Decision", "DecisionRefused"]
    won = next(outcome for outcome in outcomes if isinstance(outcome, Decision))
    approved = won.outcome == DecisionOutcome.APPROVE
    assert reread(review).version.state == (VersionState.APPROVED if approved else VersionState.REJECTED)
    assert Certificate.objects.count() == (1 if approved else 0)
    assert Decision.objects.count() == 2
    assert LedgerEntry.objects.filter(verb__startswith="decision.").count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_person_who_decides_twice_at_once_has_decided_once(policy):
    review = under_review(policy)

    outcomes = at_once(lambda: verdict(reread(review)), lambda: verdict(reread(review)))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Decision", "DecisionRefused"]
    assert Certificate.objects.count() == 1
