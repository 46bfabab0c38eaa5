"""Reviews, decisions and certificates."""

import datetime as dt
import hashlib

import factory
from django.utils import timezone

from certification.enums import CertificateState, DecisionOutcome, RevalidationTrigger, ReviewState
from certification.models import (
    Acknowledgement,
    Certificate,
    CheckAttestation,
    CriterionAnswer,
    Decision,
    Recall,
    Revalidation,
    Review,
)
from plugins.enums import Outcome, RunState, VersionState
from tests.factories.people import ApiTokenFactory, UserFactory
from tests.factories.plugins import PluginVersionFactory
from tests.factories.policies import CriterionFactory
from tests.factories.runs import VettingRunFactory


class ReviewFactory(factory.django.DjangoModelFactory):
    """An open review of a vetted version; `reviewer=user` makes it claimed."""

    class Meta:
        model = Review

    version = factory.SubFactory(PluginVersionFactory)
    run = factory.SubFactory(VettingRunFactory, version=factory.SelfAttribute("..version"))
    reviewer = None
    state = factory.LazyAttribute(lambda row: ReviewState.CLAIMED if row.reviewer else ReviewState.OPEN)
    claimed_at = factory.LazyAttribute(lambda row: timezone.now() if row.reviewer else None)
    due_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=3))


class CriterionAnswerFactory(factory.django.DjangoModelFactory):
    """A reviewer's answer to a manual criterion."""

    class Meta:
        model = CriterionAnswer

    review = factory.SubFactory(ReviewFactory)
    criterion = factory.SubFactory(CriterionFactory, kind="manual")
    outcome = Outcome.MET
    note = "Seen in the tests."
    answered_by = factory.SubFactory(UserFactory)


class DecisionFactory(factory.django.DjangoModelFactory):
    """A decision; `criteria=[...]` are the ones cited."""

    class Meta:
        model = Decision
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory, state=ReviewState.DECIDED)
    outcome = DecisionOutcome.APPROVE
    reason = "All blocking criteria are met."
    decided_by = factory.SubFactory(UserFactory)
    decided_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def criteria(self, create, extracted, **_kwargs):
        if create and extracted:
            self.criteria.set(extracted)


class CertificateFactory(factory.django.DjangoModelFactory):
    """A certificate in force. Its envelope is no signed one: issue one by the service where the bytes matter."""

    class Meta:
        model = Certificate

    serial = factory.Sequence("PW-2026-{:06}".format)
    version = factory.SubFactory(PluginVersionFactory, state=VersionState.APPROVED)
    run = factory.SubFactory(VettingRunFactory, version=factory.SelfAttribute("..version"), state=RunState.PASSED)
    policy = factory.SelfAttribute("run.policy")
    sha256 = factory.SelfAttribute("version.artifact.sha256")
    tier = "low"
    not_before = factory.LazyFunction(timezone.now)
    not_after = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=365))
    revalidate_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=90))
    envelope = b'{"unsigned": "test"}'
    envelope_sha256 = hashlib.sha256(b'{"unsigned": "test"}').hexdigest()
    keyid = "e" * 64
    demo = True


class CheckAttestationFactory(factory.django.DjangoModelFactory):
    """The signed result of a check. Its bytes are no signed ones."""

    class Meta:
        model = CheckAttestation

    run = factory.SubFactory(VettingRunFactory)
    code = "static"
    envelope = b"{}"
    sha256 = factory.Sequence("{:064x}".format)
    keyid = "e" * 64


class RevalidationFactory(factory.django.DjangoModelFactory):
    """A revalidation under way."""

    class Meta:
        model = Revalidation

    certificate = factory.SubFactory(CertificateFactory)
    trigger = RevalidationTrigger.SCHEDULE


class RecallFactory(factory.django.DjangoModelFactory):
    """A certificate was suspended, and every platform that was there is asked to say that it knows."""

    class Meta:
        model = Recall

    certificate = factory.SubFactory(CertificateFactory, state=factory.SelfAttribute("..state"))
    state = CertificateState.SUSPENDED.value


class AcknowledgementFactory(factory.django.DjangoModelFactory):
    """A platform said so."""

    class Meta:
        model = Acknowledgement

    recall = factory.SubFactory(RecallFactory)
    token = factory.SubFactory(ApiTokenFactory)
    user = factory.SelfAttribute("token.user")
