"""Trust roots and status lists that were noted."""

import datetime as dt

import factory
from django.utils import timezone

from certification.models import (
    StatusList,
    StatusListEntry,
    TrustRootVersion,
)
from tests.factories.certification import CertificateFactory


class TrustRootVersionFactory(factory.django.DjangoModelFactory):
    """A trust root that was noted; its bytes are no signed ones."""

    class Meta:
        model = TrustRootVersion

    environment = "production"
    version = factory.Sequence(lambda n: n + 1000)
    sha256 = "f" * 64
    envelope = b"{}"


class StatusListFactory(factory.django.DjangoModelFactory):
    """A status list. Its signature is none: have one made by the service where the bytes matter."""

    class Meta:
        model = StatusList

    sequence = factory.Sequence(lambda number: number + 1)
    this_update = factory.LazyFunction(timezone.now)
    next_update = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=1))
    log_size = 7
    log_root = bytes(32)
    listed = 0
    payload_sha256 = "a" * 64
    keyid = "e" * 64
    signature = bytes(64)


class StatusListEntryFactory(factory.django.DjangoModelFactory):
    """What a status list says of a certificate."""

    class Meta:
        model = StatusListEntry

    list = factory.SubFactory(StatusListFactory)
    certificate = factory.SubFactory(CertificateFactory)
    state = "revoked"
    reason_class = "policy"
    at = factory.LazyFunction(timezone.now)
