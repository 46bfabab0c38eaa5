"""A compromise takes down what the log does not prove to be older."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification import compromises, keyring, trust_roots
from certification.certificates import suspend
from certification.models import Certificate
from governance import ledger
from governance.models import LedgerLeaf
from plugins.models import PluginVersion
from tests.factories import CertificateFactory
from tests.support.certified import certified

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

    answer = compromises.suspend_hit(actor=None)

    assert (answer.done, answer.refused) == (1, [])
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


@pytest.fixture
def real(policy):
    """A certificate issued by the service, and its place in the log."""
    certificate = certified(policy)
    ledger.sequence()
    return certificate


def newest(certificate):
    return certificate.version.certificates.order_by("-pk").first()


@pytest.mark.parametrize("first", ["active", "suspended"])
def test_reissuing_signs_the_same_with_the_key_in_force(real, first):
    Certificate.objects.filter(pk=real.pk).update(revalidate_on=timezone.localdate() + timedelta(days=3))
    trust_roots.compromise(keyid=real.keyid, log_size=index_of(real))
    if first == "suspended":
        compromises.suspend_hit(actor=None)

    answer = compromises.reissue_hit(actor=None)

    assert (answer.done, answer.refused) == (1, [])
    real.refresh_from_db()
    new = newest(real)
    assert (real.state, new.state) == ("superseded", "active")
    assert new.keyid == keyring.keys().certifier.keyid != real.keyid
    assert (new.run, new.decision, new.tier, new.not_after) == (real.run, real.decision, real.tier, real.not_after)
    assert new.revalidate_on == real.revalidate_on
    assert hit() == []


def test_reissuing_leaves_suspended_what_was_suspended_for_another_reason(real):
    suspend(certificate=real, actor=None, reason="It steals passwords.")
    trust_roots.compromise(keyid=real.keyid, log_size=0)

    answer = compromises.reissue_hit(actor=None)

    assert (answer.done, answer.refused) == (0, [])
    assert newest(real) == real


def test_reissuing_suspends_what_has_lost_its_grounds(real, monkeypatch):
    trust_roots.compromise(keyid=real.keyid, log_size=0)
    monkeypatch.setattr("certification.certificates.lost_grounds", lambda _run: "A waiver has ended.")

    answer = compromises.reissue_hit(actor=None)

    assert answer.done == 0
    assert "A waiver has ended." in answer.refused[0]
    real.refresh_from_db()
    assert (real.state, newest(real)) == ("suspended", real)


def test_a_withdrawn_version_is_not_issued_anew(policy):
    found = certified(policy)
    trust_roots.compromise(keyid=found.keyid, log_size=0)
    compromises.suspend_hit(actor=None)
    PluginVersion.objects.filter(pk=found.version_id).update(state="withdrawn")

    answer = compromises.reissue_hit(actor=None)

    assert (answer.done, len(answer.refused)) == (0, 1)
    assert "is withdrawn" in answer.refused[0]
    assert not Certificate.objects.filter(state="active").exists()


def test_what_was_suspended_for_its_key_is_issued_anew_after_the_cut_off_went_down(policy):
    found = certified(policy)
    trust_roots.compromise(keyid=found.keyid, log_size=found.log_index)
    compromises.suspend_hit(actor=None)
    trust_roots.compromise(keyid=found.keyid, log_size=0)

    assert compromises.reissue_hit(actor=None).done == 1
