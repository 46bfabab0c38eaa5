"""Files blocked and allowed by their bytes, in every plugin that ships them."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from certification.decisions import DecisionRefused
from certification.enums import CertificateState
from certification.models import Certificate
from governance.models import LedgerEntry
from governance.roles import Role
from plugins.enums import FileVerdict, RulingState, Trigger, VersionState
from plugins.models import FileDecision, VettingRun
from plugins.services import file_decisions
from plugins.services.file_decisions import FileDecisionRefused
from plugins.services.past import rulings
from tests.factories import PluginVersionFactory, UserFactory, VersionFileFactory
from tests.support.certified import certified, reviewer, under_review, verdict

pytestmark = pytest.mark.django_db
BYTES = "ab" * 32


@pytest.fixture
def lead():
    return UserFactory(role=Role.LEAD_REVIEWER)


def decide(lead, verdict=FileVerdict.BLOCK, **more):
    return file_decisions.decide_file(sha256=BYTES, verdict=verdict, actor=lead, **{"reason": "Steals tokens.", **more})


def in_days(days):
    return timezone.localdate() + dt.timedelta(days=days)


def test_a_block_holds_at_once_for_everybody(lead):
    decision = decide(lead)

    assert decision.state == RulingState.ACTIVE
    assert rulings(timezone.localdate())[BYTES].blocked
    assert list(LedgerEntry.objects.about(decision).order_by("pk").values_list("verb", flat=True)) == [
        "file-decision.proposed", "file-decision.activated",
    ]  # fmt: skip


def test_a_block_suspends_what_ships_the_file_and_has_it_vetted(policy, lead):
    certificate, other = certified(policy), certified(policy)
    waiting = PluginVersionFactory(state=VersionState.IN_REVIEW)
    for version in (certificate.version, waiting):
        VersionFileFactory(version=version, sha256=BYTES, path="inner.zip!/steal.js")

    decide(lead)

    states = dict(Certificate.objects.values_list("pk", "state"))
    assert states == {certificate.pk: CertificateState.SUSPENDED, other.pk: CertificateState.ACTIVE}
    queued = VettingRun.objects.filter(trigger=Trigger.FILE)
    assert {run.version_id for run in queued} == {certificate.version_id, waiting.pk}


def test_a_block_suspends_what_is_being_vetted_again(policy, lead):
    certificate = certified(policy)
    VersionFileFactory(version=certificate.version, sha256=BYTES, path="steal.js")
    type(certificate.version).objects.filter(pk=certificate.version_id).update(state=VersionState.VETTING)

    decide(lead)

    assert Certificate.objects.get(pk=certificate.pk).state == CertificateState.SUSPENDED


def test_nobody_certifies_what_ships_a_blocked_file(policy, lead):
    review = under_review(policy)
    VersionFileFactory(version=review.version, sha256=BYTES, path="steal.js")
    FileDecision.objects.bulk_create(  # as if the signal had been lost
        [FileDecision(sha256=BYTES, verdict="block", state="active", reason="Bad.", requested_by=lead, decided_by=lead)]
    )

    with pytest.raises(DecisionRefused, match="Vetting is out of date"):
        verdict(review)


def test_to_allow_takes_two_people_and_an_end(lead):
    with pytest.raises(FileDecisionRefused, match="within 365 days"):
        decide(lead, FileVerdict.ALLOW)
    with pytest.raises(FileDecisionRefused, match="within 365 days"):
        decide(lead, FileVerdict.ALLOW, ends_on=in_days(400))
    decision = decide(lead, FileVerdict.ALLOW, ends_on=in_days(30))

    assert (decision.state, rulings(timezone.localdate())) == (RulingState.PROPOSED, {})
    with pytest.raises(FileDecisionRefused, match="four eyes"):
        file_decisions.confirm(decision=decision, actor=lead)
    with pytest.raises(DatabaseError), transaction.atomic():
        FileDecision.objects.filter(pk=decision.pk).update(state="active", decided_by=lead)
    file_decisions.confirm(decision=decision, actor=UserFactory(role=Role.LEAD_REVIEWER))
    assert not rulings(timezone.localdate())[BYTES].blocked
    assert rulings(in_days(31)) == {}


def test_nobody_allows_a_file_of_their_own_plugin(lead):
    owner = UserFactory(role=Role.LEAD_REVIEWER)
    file = VersionFileFactory(sha256=BYTES)
    file.version.plugin.team.members.add(owner)
    decision = decide(lead, FileVerdict.ALLOW, ends_on=in_days(30))

    with pytest.raises(FileDecisionRefused, match="your team"):
        file_decisions.confirm(decision=decision, actor=owner)


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, BYTES + "00"])
def test_what_is_no_digest_is_refused(lead, sha256):
    with pytest.raises(FileDecisionRefused):
        file_decisions.decide_file(sha256=sha256, verdict=FileVerdict.BLOCK, actor=lead, reason="Bad.")


def test_who_is_no_lead_does_not_decide():
    with pytest.raises(FileDecisionRefused, match="lead reviewers"):
        decide(reviewer())


def test_a_file_is_decided_about_once_until_that_ends(lead):
    first = decide(lead)
    with pytest.raises(FileDecisionRefused, match="already"):
        decide(lead)

    file_decisions.end(decision=first, actor=lead, reason="A false alarm.")

    assert decide(lead).pk != first.pk


def test_what_has_run_out_is_ended_by_the_calendar(lead):
    decide(lead, ends_on=in_days(3))

    assert file_decisions.end_run_out(today=in_days(3)) == 0
    assert file_decisions.end_run_out(today=in_days(4)) == 1
    assert FileDecision.objects.get().state == RulingState.ENDED
