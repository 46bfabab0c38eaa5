"""Advisories and what is known to be exploited."""

import datetime as dt

import factory
from django.utils import timezone

from plugins.models import (
    Advisory,
    AdvisoryCve,
    AdvisoryFeed,
    AdvisoryPackage,
    EpssScore,
    ExploitationFeed,
    KnownExploited,
)
from tests.factories.people import digest


class AdvisoryFeedFactory(factory.django.DjangoModelFactory):
    """An imported feed."""

    class Meta:
        model = AdvisoryFeed

    name = factory.Sequence("Feed {}".format)
    demo = True
    records = 1
    newest_at = factory.LazyFunction(timezone.now)
    imported_at = factory.LazyFunction(timezone.now)


class AdvisoryFactory(factory.django.DjangoModelFactory):
    """One advisory."""

    class Meta:
        model = Advisory

    feed = factory.SubFactory(AdvisoryFeedFactory)
    osv_id = factory.Sequence("PW-2026-{:04}".format)
    modified_at = factory.LazyFunction(timezone.now)
    severity = "high"
    summary = "Something leaks."
    record = factory.LazyAttribute(lambda row: {"id": row.osv_id, "affected": []})


class AdvisoryPackageFactory(factory.django.DjangoModelFactory):
    """A package an advisory names."""

    class Meta:
        model = AdvisoryPackage

    advisory = factory.SubFactory(AdvisoryFactory)
    ecosystem = "PyPI"
    name = "requests"


class AdvisoryCveFactory(factory.django.DjangoModelFactory):
    """A CVE an advisory names."""

    class Meta:
        model = AdvisoryCve

    advisory = factory.SubFactory(AdvisoryFactory)
    cve = factory.Sequence("CVE-2026-{:04}".format)


class ExploitationFeedFactory(factory.django.DjangoModelFactory):
    """CISA's catalogue, as imported; there is one of each kind."""

    class Meta:
        model = ExploitationFeed
        django_get_or_create = ("kind",)

    kind = ExploitationFeed.Kind.KEV
    version = "2026.11.25"
    digest = factory.LazyAttribute(lambda row: digest(row.version))
    records = 1
    made_at = factory.LazyFunction(timezone.now)
    imported_at = factory.LazyFunction(timezone.now)


class KnownExploitedFactory(factory.django.DjangoModelFactory):
    """A vulnerability known to be exploited."""

    class Meta:
        model = KnownExploited

    cve = factory.Sequence("CVE-2026-{:04}".format)
    added = dt.date(2026, 11, 3)
    name = "Acme Widget Command Injection Vulnerability"
    seen_at = factory.LazyFunction(timezone.now)


class EpssScoreFactory(factory.django.DjangoModelFactory):
    """How likely a vulnerability is exploited."""

    class Meta:
        model = EpssScore

    cve = factory.Sequence("CVE-2026-{:04}".format)
    score = 0.02
    percentile = 0.71
