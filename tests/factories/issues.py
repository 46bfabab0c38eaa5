"""Findings that are followed, and what was decided about them."""

import datetime as dt

import factory
from django.utils import timezone

from plugins.models import (
    FileDecision,
    FixedFinding,
    Issue,
    IssueNote,
    Waiver,
)
from tests.factories.people import UserFactory, digest
from tests.factories.runs import FindingFactory, VettingRunFactory


class IssueFactory(factory.django.DjangoModelFactory):
    """An issue, found first by a run of its plugin; `found=True` with the finding in that run."""

    class Meta:
        model = Issue
        skip_postgeneration_save = True

    first_run = factory.SubFactory(VettingRunFactory)
    plugin = factory.SelfAttribute("first_run.version.plugin")
    check_code = "static"
    rule = "B602"
    title = "A shell is started"
    fingerprint = factory.Sequence(lambda n: digest(f"issue {n}"))

    @factory.post_generation
    def found(self, create, extracted, **_kwargs):
        if create and extracted:
            FindingFactory(run=self.first_run, issue=self, rule=self.rule, check_code=self.check_code)


class IssueNoteFactory(factory.django.DjangoModelFactory):
    """A reviewer's word on an issue."""

    class Meta:
        model = IssueNote

    issue = factory.SubFactory(IssueFactory)
    author = factory.SubFactory(UserFactory)
    text = "The command is a constant."


class FixedFindingFactory(factory.django.DjangoModelFactory):
    """A finding that a later run did not find."""

    class Meta:
        model = FixedFinding

    run = factory.SubFactory(VettingRunFactory)
    finding = factory.SubFactory(FindingFactory)


class WaiverFactory(factory.django.DjangoModelFactory):
    """A proposed waiver; `active=True` for one that holds."""

    class Meta:
        model = Waiver

    class Params:
        active = factory.Trait(
            state="active",
            decided_by=factory.SubFactory(UserFactory),
            decided_at=factory.LazyFunction(timezone.now),
            outcome="Agreed.",
        )

    issue = factory.SubFactory(IssueFactory)
    reason = "The command is a constant; nobody outside can change it."
    starts_on = factory.LazyFunction(timezone.localdate)
    ends_on = factory.LazyFunction(lambda: timezone.localdate() + dt.timedelta(days=30))
    requested_by = factory.SubFactory(UserFactory)


class FileDecisionFactory(factory.django.DjangoModelFactory):
    """A file that is blocked."""

    class Meta:
        model = FileDecision

    sha256 = factory.Sequence(lambda n: digest(f"file {n}"))
    verdict = "block"
    state = "active"
    reason = "It steals tokens."
    requested_by = factory.SubFactory(UserFactory)
    decided_by = factory.SelfAttribute("requested_by")
