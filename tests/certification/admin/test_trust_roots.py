"""The page of the keys: for whom, and what it says."""

import pytest
from django.urls import reverse

from certification import keyring, trust_roots
from governance.roles import Role
from tests.factories import CertificateFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGE = "admin:certification_trustrootversion_changelist"
ANSWER = "admin:certification_trustrootversion_answer"


@pytest.fixture(autouse=True)
def keys_dir(settings, tmp_path):
    """A key folder of the test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    trust_roots.note()
    return settings.KEYS_DIR


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.LEAD_REVIEWER, 200), (Role.AUDITOR, 200), (Role.REVIEWER, 403), (Role.MANAGER, 403)],
)
def test_keys_are_shown_to_those_who_answer_for_them(client, role, status):
    client.force_login(UserFactory(role=role))

    assert client.get(reverse(PAGE)).status_code == status


def test_page_names_every_key_and_the_digest(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    ring = keyring.keys()

    page = client.get(reverse(PAGE)).content.decode()

    for key in (ring.certifier, ring.log, ring.status, ring.feed):
        assert key.keyid in page
    assert trust_roots.TrustRootVersion.objects.get().sha256 in page
    assert "A root key lies on this host" in page
    assert reverse("certification:trust_root") in page


def test_page_says_why_keys_cannot_be_used(client, keys_dir):
    client.force_login(UserFactory(role=Role.AUDITOR))
    keys_dir.joinpath("production/trust-root-1.json").chmod(0o644)

    page = client.get(reverse(PAGE)).content.decode()

    assert "The keys cannot be used" in page
    assert "trust-root-1.json is open to others" in page


def compromised():
    certificate = CertificateFactory(keyid=keyring.keys().certifier.keyid)
    trust_roots.compromise(keyid=certificate.keyid, log_size=0)
    return certificate


def test_page_names_what_a_compromise_hits_and_suspends_it(client, run_tasks):
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    certificate = compromised()

    page = client.get(reverse(PAGE)).content.decode()
    assert "1 certificate that nobody can rely on" in page
    assert "Suspend 1 certificate" in page
    with run_tasks():
        client.post(reverse(ANSWER), {"answer": "suspend_hit"})

    certificate.refresh_from_db()
    assert certificate.state == "suspended"
    page = client.get(reverse(PAGE)).content.decode()
    assert "The worker suspends them now" in page
    assert "Suspend 1 certificate" not in page


def test_only_those_who_may_suspend_do(client):
    client.force_login(UserFactory(role=Role.AUDITOR))
    certificate = compromised()

    assert "Suspend 1" not in client.get(reverse(PAGE)).content.decode()
    assert client.post(reverse(ANSWER), {"answer": "suspend_hit"}).status_code == 403
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    assert client.get(reverse(ANSWER)).status_code == 403

    certificate.refresh_from_db()
    assert certificate.state == "active"


def test_a_certificates_own_page_says_that_its_key_is_compromised(client):
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    certificate = CertificateFactory(keyid=keyring.keys().certifier.keyid)
    address = reverse("admin:certification_certificate_change", args=[certificate.pk])
    assert "compromised" not in client.get(address).content.decode()

    trust_roots.compromise(keyid=certificate.keyid, log_size=0)

    page = client.get(address).content.decode()
    assert "which is compromised from log index 0 on. Verifiers refuse it." in page
    assert reverse(PAGE) in page
