"""Detection rules and hunts."""

import factory
from django.utils import timezone

from plugins.enums import RuleState
from plugins.models import (
    DetectionRule,
    Hunt,
    HuntBatch,
    HuntGap,
    HuntHit,
    MonitoredFinding,
)
from plugins.services.detection import as_rule
from tests.factories.people import UserFactory, digest


class DetectionRuleFactory(factory.django.DjangoModelFactory):
    """A draft that hits `evil.example`; `in_use(state)` gives one on trial or in force, sealed as the services do."""

    class Meta:
        model = DetectionRule

    code = factory.Sequence("no-evil-{}".format)
    kind = "regex"
    title = "It names evil.example"
    body = r"evil\.example"
    message = "evil.example took part in an attack."
    remediation = "Take the address out."
    why = "Incident 7"
    hits = ["fetch('https://evil.example')"]
    misses = ["fetch('https://good.example')"]
    author = factory.SubFactory(UserFactory)
    written_by = factory.LazyAttribute(lambda row: [row.author.pk])

    @classmethod
    def in_use(cls, state=RuleState.ENFORCED, **kwargs):
        """A rule that every vetting looks for."""
        row = cls.build(author=kwargs.pop("author", None) or UserFactory(), state=state, **kwargs)
        row.sealed = as_rule(row).digest
        row.monitored_at = timezone.now()
        row.enforced_at = timezone.now() if state == RuleState.ENFORCED else None
        row.save()
        return row


class MonitoredFindingFactory(factory.django.DjangoModelFactory):
    """A hit of a rule on trial."""

    class Meta:
        model = MonitoredFinding

    run = factory.SubFactory("tests.factories.VettingRunFactory")
    rule = factory.SubFactory(DetectionRuleFactory)
    path = "index.js"
    line = 3
    snippet = "fetch('https://evil.example')"
    fingerprint = factory.Sequence(lambda number: digest(f"monitored {number}"))


class HuntFactory(factory.django.DjangoModelFactory):
    """A hunt that waits for its first batch."""

    class Meta:
        model = Hunt

    rule = factory.SubFactory(DetectionRuleFactory)
    rule_digest = factory.LazyAttribute(lambda row: as_rule(row.rule).digest)
    started_by = factory.SubFactory(UserFactory)
    total = 3


class HuntBatchFactory(factory.django.DjangoModelFactory):
    """A batch that waits."""

    class Meta:
        model = HuntBatch

    hunt = factory.SubFactory(HuntFactory)
    number = factory.Sequence(lambda number: number)


class HuntHitFactory(factory.django.DjangoModelFactory):
    """A place a hunt found."""

    class Meta:
        model = HuntHit

    hunt = factory.SubFactory(HuntFactory)
    version = factory.SubFactory("tests.factories.PluginVersionFactory")
    path = "index.js"
    line = 3
    excerpt = "fetch('https://evil.example')"


class HuntGapFactory(factory.django.DjangoModelFactory):
    """A version a hunt could not answer."""

    class Meta:
        model = HuntGap

    hunt = factory.SubFactory(HuntFactory)
    version = factory.SubFactory("tests.factories.PluginVersionFactory")
    reason = "The stored file has been altered."
