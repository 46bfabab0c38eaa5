"""Versions brought to where certification begins, through the services: vetted, under review, certified."""

from certification.decisions import decide
from certification.enums import DecisionOutcome
from certification.models import Review
from certification.reviews import answer_criterion, claim
from governance.models import Criterion
from governance.roles import Role
from plugins.enums import Outcome
from plugins.services import runs
from tests.factories import UserFactory, VettingRunFactory
from tests.support.reports import about


def reviewer(role=Role.REVIEWER):
    """Somebody who may review."""
    return UserFactory(role=role)


def vetted(policy, report=None, **more):
    """The ended run of a version, by default one with nothing to object; its review is open."""
    run = VettingRunFactory(queued=True, version__state="vetting", policy=policy, **more)
    taken = runs._take_up(run.pk)
    return runs._conclude(run.pk, taken.attempts, about(taken.version.artifact, report))


def under_review(policy, report=None, *, by=None, answered=True, **more):
    """The review of a vetted version, claimed; with `answered` all that needs a human is found to be met."""
    review = Review.objects.get(run=vetted(policy, report, **more))
    by = by or reviewer()
    claim(review=review, actor=by)
    if answered:
        answer_all(review, by)
    return review


def answer_all(review, by, outcome=Outcome.MET):
    """Answer every criterion a human has to answer."""
    for criterion in Criterion.objects.filter(policy=review.run.policy, kind__in=["manual", "attestation"]):
        answer_criterion(review=review, criterion=criterion, outcome=outcome, note="Seen.", actor=by)


def verdict(review, outcome=DecisionOutcome.APPROVE, *, by=None, reason="All is in order.", **more):
    """Decide a review as its reviewer."""
    cited = list(Criterion.objects.filter(policy=review.run.policy)[:2])
    return decide(
        review=review, actor=by or review.reviewer, outcome=outcome, reason=reason, **{"criteria": cited, **more}
    )


def certified(policy, **more):
    """A real certificate: vetted, reviewed, approved, signed."""
    review = under_review(policy, **more)
    verdict(review)
    return review.version.certificates.get()
