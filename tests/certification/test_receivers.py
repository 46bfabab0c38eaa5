import pytest

from certification.enums import CertificateState, ReviewKind, ReviewState
from certification.models import Review
from plugins.enums import VersionState
from plugins.models import PluginVersion
from plugins.services import request_run, runs, submit, withdraw
from tests.factories import OwnerTeamFactory, UserFactory
from tests.support.certified import certified, reviewer, under_review, vetted
from tests.support.packages import upload
from tests.support.reports import made_report

pytestmark = pytest.mark.django_db


def test_a_first_vetting_opens_a_first_review(policy):
    assert Review.objects.get(run=vetted(policy)).kind == ReviewKind.INITIAL


def test_vetting_what_is_certified_opens_a_renewal(policy):
    version = certified(policy).version
    run = request_run(version=version, actor=reviewer())

    runs._conclude(run.pk, runs._take_up(run.pk).attempts, made_report())

    review = Review.objects.pending().get()
    assert (review.kind, review.version.state) == (ReviewKind.RENEWAL, VersionState.IN_REVIEW)


def test_a_withdrawal_takes_the_work_from_the_reviewer(policy):
    member = UserFactory()
    review = under_review(policy, version__plugin__team=OwnerTeamFactory(members=[member]), answered=False)

    withdraw(version=review.version, actor=member)

    assert Review.objects.get(pk=review.pk).state == ReviewState.CLOSED


def test_a_withdrawal_suspends_what_is_certified(policy):
    member = UserFactory()
    version = certified(policy, version__plugin__team=OwnerTeamFactory(members=[member])).version
    request_run(version=version, actor=reviewer())
    run = version.runs.latest("queued_at")
    runs._conclude(run.pk, runs._take_up(run.pk).attempts, made_report())
    version = PluginVersion.objects.get(pk=version.pk)

    withdraw(version=version, actor=member)

    assert version.certificates.get().state == CertificateState.SUSPENDED


def test_from_upload_to_review_through_the_task_queue(policy, run_tasks):
    """The whole way with real bytes and real engines, every task through django-q2's own worker."""
    with run_tasks():
        submission = submit(actor=UserFactory(), **upload())

    run = submission.version.runs.get()
    assert run.report["artifact"]["name"] == "acme-tools"
    review = Review.objects.get(run=run)
    assert (review.state, review.version.state) == (ReviewState.OPEN, VersionState.IN_REVIEW)
