"""Envelopes signed with a bare key that the operator gave."""

import json

import pytest
import securesystemslib.dsse
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from securesystemslib.signer import CryptoSigner

from plugins.provenance.dsse import pae, read_envelope
from plugins.provenance.strict import Unreadable
from plugins.provenance.trust import matches, read_trust
from tests.plugins.provenance import forge
from tests.plugins.provenance.judging import judged, refused

KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "p384": ec.generate_private_key(ec.SECP384R1()),
}
KEY = KEYS["ed25519"]


def trusting(key=KEY, **changes):
    return read_trust(forge.trust_file(keys=[forge.key_entry(key, **changes)]))


@pytest.mark.parametrize("kind", KEYS)
def test_envelope_signed_with_a_trusted_key_is_verified(kind):
    found = judged(forge.envelope(KEYS[kind]), trust=trusting(KEYS[kind]))

    assert found.verified, found.reason
    assert (found.signer, found.form, found.signed_at, found.commit) == ("acme ci", "dsse", "", forge.COMMIT)


@pytest.mark.parametrize("alphabet", ["+/", "-_"])
def test_both_alphabets_of_base64_are_taken(alphabet):
    document = forge.envelope(KEY)
    for place in (document, document["signatures"][0]):
        for name in place.keys() & {"payload", "sig"}:
            place[name] = place[name].translate(str.maketrans("+/", alphabet)).rstrip("=")

    assert judged(document, trust=trusting()).verified


def test_key_that_is_not_trusted_is_refused_whatever_its_id_says():
    document = forge.envelope(ed25519.Ed25519PrivateKey.generate())

    assert refused(document, trust=trusting()) == "No key of the trust root has signed it."


def test_one_good_signature_among_others_is_enough():
    document = forge.envelope(KEY)
    document["signatures"].insert(0, {"keyid": "acme ci", "sig": forge.b64(b"\x01" * 64)})

    assert judged(document, trust=trusting()).verified


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(payload=forge.b64(json.dumps(forge.statement(name="")).encode())),
        lambda document: document.update(payloadType="application/vnd.in-toto+json "),
        lambda document: document.update(signatures=[]),
        lambda document: document["signatures"][0].update(sig=forge.b64(b"\x00" * 64)),
        lambda document: document.pop("payload"),
    ],
)
def test_altered_envelope_is_not_verified(change):
    document = forge.envelope(KEY)
    change(document)

    assert refused(document, trust=trusting())


def test_signature_over_the_bare_payload_is_none():
    """Without the pre-authentication encoding a signature of something else could pass for one."""
    payload = forge.payload_of(forge.statement())
    document = forge.envelope(KEY) | {"signatures": [{"sig": forge.b64(KEY.sign(payload))}]}

    assert refused(document, trust=trusting()) == "No key of the trust root has signed it."


def test_key_speaks_for_its_builders_and_about_its_repositories_alone():
    document = forge.envelope(KEY)

    assert judged(document, trust=trusting(builders=["https://github.com/actions/*"])).verified
    assert judged(document, trust=trusting(repositories=["https://github.com/ACME/*.git"])).verified
    assert refused(document, trust=trusting(builders=["https://ci.acme.example"])) == (
        "The key that signed it may not speak for this builder."
    )
    assert refused(document, trust=trusting(repositories=["https://github.com/acme/other"])) == (
        "The key that signed it may not speak about this repository."
    )


def test_statement_of_a_key_cannot_contradict_the_manifest():
    assert refused(forge.envelope(KEY), trust=trusting(), repository="https://github.com/acme/other") == (
        "It is about another repository than the one the package's manifest names."
    )


def test_certificate_root_has_no_keys_and_the_other_way_round():
    keyless = forge.instance().signed().bundle()
    sigstore = read_trust(json.dumps(forge.instance().trusted_root()).encode())

    assert refused(forge.envelope(KEY), trust=sigstore) == "It is signed by a bare key, and the trust root has none."
    assert refused(keyless, trust=trusting()) == (
        "It is signed with a certificate, and the trust root has no certificate authority."
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("https://github.com/npm/attestation/tree/main/specs/publish/v0.1", "It says who published the package"),
        ("https://slsa.dev/verification_summary/v1", "It is a statement of another kind"),
        ("https://example.com/mine", "It is a statement of another kind"),
    ],
)
def test_well_signed_statement_of_another_kind_proves_no_origin(kind, reason):
    document = forge.envelope(KEY, forge.statement((kind, {"builder": {"id": "x"}})))

    assert refused(document, trust=trusting()).startswith(reason)


@pytest.mark.parametrize("missing", ["buildDefinition", "runDetails"])
def test_slsa_statement_has_to_be_whole(missing):
    kind, predicate = forge.slsa_1()
    del predicate[missing]

    assert refused(forge.envelope(KEY, forge.statement((kind, predicate))), trust=trusting())


def test_envelopes_agree_with_securesystemslib_both_ways():
    signer = CryptoSigner.generate_ed25519()
    payload = forge.payload_of(forge.statement())
    theirs = securesystemslib.dsse.Envelope(payload, forge.IN_TOTO, {})
    theirs.sign(signer)
    public = signer.public_key.to_dict()["keyval"]["public"]
    trust = read_trust(
        forge.trust_file(
            keys=[
                {
                    "name": "theirs",
                    "pem": forge.pem(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))),
                    "builders": ["*"],
                    "repositories": ["*"],
                }
            ]
        )
    )

    assert judged(theirs.to_dict(), trust=trust).verified
    assert pae(read_envelope(theirs.to_dict())) == theirs.pae()


# ------------------------------------------------------------------ the trust file


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"keys": []},
        {"keys": [forge.key_entry(KEY)], "surprise": 1},
        {"keys": [forge.key_entry(KEY, builders=[])]},
        {"keys": [forge.key_entry(KEY, repositories=["acme"])]},
        {"keys": [{key: value for key, value in forge.key_entry(KEY).items() if key != "repositories"}]},
        {"keys": [forge.key_entry(KEY, pem="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]},
        {"keys": [forge.key_entry(KEY)], "identities": [{"repository": "x", "issuer": "y"}]},
        {"keys": [forge.key_entry(KEY)], "sigstore": "../outside.json"},
        {"keys": [forge.key_entry(KEY)], "sigstore": {"mediaType": "other"}},
        {"sigstore": forge.instance().trusted_root(tlogs=[])},
        {"sigstore": forge.instance().trusted_root(certificateAuthorities=[])},
    ],
)
def test_trust_file_that_is_not_clear_is_refused(fields):
    with pytest.raises(Unreadable):
        read_trust(forge.trust_file(**fields), lambda _name: b"{}")


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"schema": "x"}', b"\xff", b'{"schema": "a", "schema": "b"}'])
def test_what_is_no_trust_file_is_refused(raw):
    with pytest.raises(Unreadable):
        read_trust(raw)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("*", "", True),
        ("https://*", "", False),
        ("https://github.com/acme/*", "https://github.com/acme/nodes", True),
        ("https://github.com/acme/*", "https://github.com/acme-evil/nodes", False),
        ("https://x.example/[ab]", "https://x.example/a", False),
        ("https://x.example/?", "https://x.example/a", False),
        ("https://x.example/[ab]", "https://x.example/[ab]", True),
    ],
)
def test_only_the_star_is_special_in_a_pattern(pattern, value, expected):
    assert matches(pattern, value) is expected
