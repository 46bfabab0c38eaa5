"""A newer trust root is believed on the word of the one before it, and nobody is led back."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from certification.attest.dsse import Signer
from certification.attest.publishing import signed
from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64
from certification.verify.errors import ProblemError
from certification.verify.names import Environment, Role
from certification.verify.root import TrustedKey, TrustRoot, follow, read_trust_root

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def signer(seed):
    return Signer(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest()))


A, B, C, D = (signer(name) for name in "ABCD")


def root(version, *keys, threshold=1, former=(), **changes):
    """A trust root with these root keys."""
    certifier = TrustedKey(signer("certifier").public, Role.CERTIFIER, NOW - timedelta(days=9), NOW.replace(2031))
    usual = TrustRoot(
        version=version,
        issued=NOW - timedelta(days=1),
        expires=NOW.replace(2031),
        environment=Environment.PRODUCTION,
        verifier_id="https://plugwarden.org/verifiers/production/0",
        log_origin="plugwarden.org/logs/production/0",
        root_keys={key.keyid: key.public for key in keys},
        threshold=threshold,
        keys={certifier.keyid: certifier},
        former_root_keys={key.keyid: key.public for key in former},
    )
    return replace(usual, **changes)


def followed(anchor, *others, at):
    """Follow from a trust root that all its root keys signed."""
    return follow(signed(anchor, [key for key in (A, B, C, D) if key.keyid in anchor.root_keys]), *others, at=at)


def test_follow_goes_through_a_chain_of_root_keys():
    second = signed(root(2, B, former=[A]), [A, B])
    third = signed(root(3, C, former=[A, B]), [B, C])

    assert followed(root(1, A), second, third, at=NOW) == root(3, C, former=[A, B])


def test_follow_skips_versions_that_the_trusted_root_key_signed_too():
    assert followed(root(1, A), signed(root(3, C, former=[A, B]), [A, B, C]), at=NOW).version == 3


def test_follow_does_not_skip_a_version_whose_keys_it_needs():
    with pytest.raises(ProblemError, match="by the keys of version 1, has 0 signatures of root keys where 1"):
        followed(root(1, A), signed(root(3, C, former=[A, B]), [B, C]), at=NOW)


@pytest.mark.parametrize(
    ("before", "after", "signers", "words"),
    [
        (root(1, A), root(2, B, former=[A]), [B], "by the keys of version 1, has 0 signatures"),
        (root(1, A), root(2, B, former=[A]), [A], "the trust root has 0 signatures of root keys where 1"),
        (root(1, A, B, threshold=2), root(2, A, B, threshold=1), [A], "has 1 signatures of root keys where 2"),
        (root(1, A), root(2, A, B, threshold=2), [A], "has 1 signatures of root keys where 2"),
        (root(1, A, B, C, threshold=2), root(2, D, former=[A, B, C]), [A, D], "has 1 signatures of root keys where 2"),
        (root(1, A), root(2, B), [B], "by the keys of version 1, has 0 signatures"),
        (root(1, A), root(2, A, environment=Environment.DEMO), [A], "of the environment"),
        (root(1, A), root(2, A, verifier_id="https://other.example/"), [A], "of the verifier"),
        (root(1, A), root(2, A, log_origin="other.example/log"), [A], "of the log"),
        (root(1, A), root(2, A, expires=NOW), [A], "expired"),
        (root(1, A), root(2, A, issued=NOW + timedelta(hours=1)), [A], "not valid before"),
        (root(1, A), root(1, A, expires=NOW.replace(2030)), [A], "two trust roots of version 1"),
    ],
)
def test_follow_refuses_what_the_trusted_root_does_not_vouch_for(before, after, signers, words):
    with pytest.raises(ProblemError, match=words):
        followed(before, signed(after, signers), at=NOW)


def test_follow_refuses_two_trust_roots_of_one_version_whose_keys_are_in_another_order():
    one, other = root(1, A, B), root(1, B, A)

    assert one == other
    with pytest.raises(ProblemError, match="two trust roots of version 1"):
        followed(one, signed(other, [A]), at=NOW)


def test_follow_takes_the_trusted_root_again_with_other_signatures():
    assert followed(root(1, A, B), signed(root(1, A, B), [B]), at=NOW) == root(1, A, B)


def test_follow_counts_distinct_keys_and_not_signatures():
    before = root(1, A, B, C, threshold=2)
    envelope = json.loads(signed(root(2, A, B, C, threshold=2), [A]))
    envelope["signatures"] *= 2

    with pytest.raises(ProblemError, match="two signatures of one key"):
        followed(before, canonical(envelope), at=NOW)


@pytest.mark.parametrize("signers", [[A, B], [B, C], [A, C], [A, B, C]])
def test_follow_takes_any_two_of_three(signers):
    before, after = (root(version, A, B, C, threshold=2) for version in (1, 2))

    assert followed(before, signed(after, signers), at=NOW) == after


def test_follow_is_not_led_back():
    third = root(3, C, former=[A, B])

    assert followed(third, signed(root(1, A), [A]), signed(root(2, B, former=[A]), [A, B]), at=NOW) == third


def test_follow_asks_only_the_last_trust_root_for_its_time():
    late = NOW.replace(2040)
    newer = root(2, A, expires=late + timedelta(days=1))

    assert followed(root(1, A), signed(newer, [A]), at=late) == newer


def test_follow_gives_a_trust_root_nothing_for_a_broken_signature_beside_good_ones():
    envelope = json.loads(signed(root(2, A, B), [A, B]))
    envelope["signatures"][0]["sig"] = encode_base64(bytes(64))

    with pytest.raises(ProblemError, match="altered"):
        followed(root(1, A, B), canonical(envelope), at=NOW)


SECOND = signed(root(2, B, former=[A]), [A, B])


@given(place=st.integers(0, len(SECOND) - 1), bits=st.integers(1, 255))
def test_follow_refuses_a_trust_root_with_any_byte_changed(place, bits):
    flipped = bytearray(SECOND)
    flipped[place] ^= bits

    with pytest.raises(ProblemError):
        followed(root(1, A), bytes(flipped), at=NOW)


def _theirs(key):
    return SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.public.hex()})


def test_securesystemslib_counts_our_trust_roots_signatures_as_we_do():
    envelope = TheirEnvelope.from_dict(json.loads(signed(root(2, A, B, C, threshold=2), [A, B])))

    assert set(envelope.verify([_theirs(key) for key in (A, B, C)], threshold=2)) == {A.keyid, B.keyid}
    with pytest.raises(VerificationError):
        envelope.verify([_theirs(key) for key in (A, B, C)], threshold=3)


def test_we_read_a_trust_root_that_securesystemslib_signed():
    envelope = TheirEnvelope.from_dict(json.loads(signed(root(2, B, former=[A]), [A])) | {"signatures": []})
    for key in (A, B):
        envelope.sign(CryptoSigner(key.private, _theirs(key)))

    assert read_trust_root(canonical(envelope.to_dict())) == root(2, B, former=[A])
    assert followed(root(1, A), canonical(envelope.to_dict()), at=NOW).version == 2
