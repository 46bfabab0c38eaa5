"""A compromise takes down what the log does not prove to be older."""

import pytest
from django.utils import timezone

from certification import compromises, keyring, trust_roots
from certification.models import Certificate
from governance import ledger
from governance.models import LedgerLeaf
from tests.factories import CertificateFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_dir(settings, tmp_path):
    """A key folder of the test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    trust_roots.note()


def issued(**more):
    """A certificate of the key in force, with its place in the log."""
    certificate = CertificateFactory(keyid=keyring.keys().certifier.keyid, **more)
    ledger.record(verb="certificate.issued", subject=certificate)
    ledger.sequence()
    return certificate


def index_of(certificate):
    return LedgerLeaf.objects.get(entry__verb="certificate.issued", entry__subject_id=certificate.pk).index


def hit():
    return compromises.hit(keyring.keys().trust_root, now=timezone.now())


def test_nothing_is_hit_while_no_key_is_compromised():
    issued()

    assert hit() == []


def test_a_certificate_below_the_cut_off_stays_and_one_from_it_on_is_hit():
    before, after = issued(), issued()

    trust_roots.compromise(keyid=before.keyid, log_size=index_of(after))

    assert [(found.certificate, found.log_index) for found in hit()] == [(after, index_of(after))]


def test_a_certificate_that_is_not_in_the_log_is_hit():
    inside = issued()
    outside = CertificateFactory(keyid=inside.keyid)

    trust_roots.compromise(keyid=inside.keyid, log_size=index_of(inside) + 1)

    assert [found.certificate for found in hit()] == [outside]


def test_certificates_of_another_key_and_those_that_ended_are_not_hit():
    first = issued()
    ended = issued()
    Certificate.objects.filter(pk=ended.pk).update(state="revoked")
    trust_roots.compromise(keyid=first.keyid, log_size=0)
    issued()

    assert [found.certificate for found in hit()] == [first]


def test_suspending_what_is_hit_says_why_and_leaves_the_rest():
    hit_one, suspended = issued(), issued(state="suspended")
    trust_roots.compromise(keyid=hit_one.keyid, log_size=0)
    other = issued()

    count = compromises.suspend_hit(keyring.keys().trust_root, now=timezone.now(), actor=None)

    assert count == (1, [])
    for certificate in (hit_one, suspended, other):
        certificate.refresh_from_db()
    assert (hit_one.state, suspended.state, other.state) == ("suspended", "suspended", "active")
    assert hit_one.state_reason == f"Signed with key {hit_one.keyid[:16]}, which is compromised from log index 0 on."


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_hit_costs_the_same_for_any_number(count, django_assert_num_queries):
    for _ in range(count):
        certificate = issued()
    trust_roots.compromise(keyid=certificate.keyid, log_size=0)
    root = keyring.keys().trust_root

    with django_assert_num_queries(2):
        assert len(compromises.hit(root, now=timezone.now())) == count
