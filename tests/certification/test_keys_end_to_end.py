"""Keys change, and whoever trusts the first trust root still checks every certificate offline."""

import hashlib

import pytest
from django.utils import timezone

from certification import bundles, compromises, keyring, trust_roots
from certification.attest.trust_root import LIFETIME
from certification.models import StatusList
from certification.verify.core import Request, verify
from certification.verify.names import Role
from certification.verify.state import Seen
from tests.support.certified import certified

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def anchor(settings, tmp_path):
    """The first trust root of a key folder of the test's own: all that the platform was ever given by hand."""
    settings.KEYS_DIR = tmp_path / "keys"
    trust_roots.note()
    return keyring.trust_root_bytes()


def check(bundle, certificate, anchor, *, seen=None):
    """The failed step and the message; None for a valid certificate."""
    request = Request(certificate.sha256, timezone.now(), seen=seen)
    outcome = verify(bundle=bundle, trust_root=anchor, request=request)
    return outcome.failed, outcome.message


def rotate(role):
    return trust_roots.rotate(role=role, lifetime=LIFETIME)


def test_certificates_from_before_during_and_after_a_rotation_are_valid(policy, anchor):
    before = certified(policy)
    taken_before = bundles.bundle_of(before)
    old = before.keyid

    rotate(Role.CERTIFIER)
    during = bundles.bundle_of(before)
    after = certified(policy)

    assert after.keyid != old
    for bundle, certificate in ((taken_before, before), (during, before), (bundles.bundle_of(after), after)):
        assert check(bundle, certificate, anchor)[0] is None


def test_every_role_is_rotated_and_nothing_that_was_given_out_breaks(policy, anchor):
    certificate = certified(policy)
    given_out = [bundles.bundle_of(certificate)]

    for role in Role:
        rotate(role)
        given_out.append(bundles.bundle_of(certificate))
    trust_roots.rotate_root(add=[], remove=[], threshold=None)
    given_out.append(bundles.bundle_of(certificate))

    assert keyring.keys().trust_root.version == 6
    for bundle in given_out:
        assert check(bundle, certificate, anchor)[0] is None


def test_a_compromise_spares_what_was_logged_before_its_cut_off(policy, anchor):
    before, after = certified(policy), certified(policy)
    assert before.log_index < after.log_index

    trust_roots.compromise(keyid=before.keyid, log_size=after.log_index)

    assert check(bundles.bundle_of(before), before, anchor)[0] is None
    step, message = check(bundles.bundle_of(after), after, anchor)
    assert step == "signature"
    assert f"logged before entry {after.log_index} counts" in message


def test_what_a_compromise_hit_is_valid_once_it_was_issued_anew(policy, anchor):
    certificate = certified(policy)
    trust_roots.compromise(keyid=certificate.keyid, log_size=certificate.log_index)

    compromises.reissue_hit(actor=None)

    new = certificate.version.certificates.order_by("-pk").first()
    assert check(bundles.bundle_of(new), new, anchor)[0] is None


def test_a_verifier_that_saw_the_compromise_is_not_led_back_by_an_old_bundle(policy, anchor):
    certificate = certified(policy)
    taken_before = bundles.bundle_of(certificate)
    trust_roots.compromise(keyid=certificate.keyid, log_size=0)

    assert check(taken_before, certificate, anchor)[0] is None
    seen = Seen(keyring.trust_root_bytes(), 0)
    assert check(taken_before, certificate, anchor, seen=seen)[0] == "signature"


@pytest.mark.parametrize("role", [Role.LOG, Role.STATUS])
def test_new_bundles_rest_on_the_keys_that_took_over_at_once(policy, anchor, role):
    certificate = certified(policy)
    taken_before = bundles.bundle_of(certificate)

    trust_roots.compromise(keyid=getattr(keyring.keys(), role).keyid, log_size=0)

    assert check(bundles.bundle_of(certificate), certificate, anchor)[0] is None
    seen = Seen(keyring.trust_root_bytes(), 0)
    assert check(taken_before, certificate, anchor, seen=seen)[0] is not None


def test_a_status_list_is_made_anew_for_a_new_status_key_only(policy):
    bundles.bundle_of(certified(policy))
    count = StatusList.objects.count()

    rotate(Role.FEED)
    assert StatusList.objects.count() == count
    rotate(Role.STATUS)

    assert StatusList.objects.count() == count + 1
    assert StatusList.objects.first().keyid == keyring.keys().status.keyid


def test_the_portal_of_another_root_key_proves_nothing(policy, anchor, settings, tmp_path):
    settings.KEYS_DIR = tmp_path / "other"
    certificate = certified(policy)

    assert check(bundles.bundle_of(certificate), certificate, anchor)[0] is not None
    assert hashlib.sha256(keyring.trust_root_bytes()).digest() != hashlib.sha256(anchor).digest()
