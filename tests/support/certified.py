"""Versions brought to where certification begins, through the services: vetted, under review, certified."""

from certification.decisions import decide
from certification.enums import DecisionOutcome
from certification.models import Review
from certification.reviews import answer_criterion, claim
from governance.models import Criterion
from governance.roles import Role
from plugins.changes import picture_from
from plugins.enums import Outcome
from plugins.models import VettingRun
from plugins.services import runs
from tests.factories import UserFactory, VettingRunFactory
from tests.support.reports import about, made_report


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


def after(before, policy, *, package=None, results=None, rules=None, picture=None, **more):
    """The review of the version after a certificate's, as it stands when its vetting has ended."""
    picture = picture or picture_from(VettingRun.objects.get(pk=before.run_id).report)
    report = made_report(results, of=package, policy=rules, before=picture)
    return Review.objects.get(run=vetted(policy, report, version__plugin=before.version.plugin, **more))


def certified(policy, **more):
    """A real certificate: vetted, reviewed, approved, signed."""
    review = under_review(policy, **more)
    verdict(review)
    return review.version.certificates.get()
