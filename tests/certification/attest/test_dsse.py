"""Envelopes agree with the published vector and with securesystemslib, in both directions."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from certification.attest.dsse import ForeignEnvelopeError, Signer, open_foreign, sign_envelope
from certification.verify.envelope import check_signatures, pae, read_envelope

KIND = "application/vnd.in-toto+json"
PAYLOAD = '{"name":"é"}'.encode()
# github.com/secure-systems-lab/dsse, protocol.md, "Test Vectors"
VECTOR = {
    "type": "http://example.com/HelloWorld",
    "body": b"hello world",
    "pae": b"DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    "x": 46950820868899156662930047687818585632848591499744589407958293238635476079160,
    "y": 5640078356564379163099075877009565129882514886557779369047442380624545832820,
    "sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==",
}


@pytest.fixture
def signer():
    return Signer(Ed25519PrivateKey.generate())


def test_pae_is_the_published_one_and_bears_the_published_signature():
    message = pae(VECTOR["type"], VECTOR["body"])
    raw = base64.b64decode(VECTOR["sig"])
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public = ec.EllipticCurvePublicNumbers(VECTOR["x"], VECTOR["y"], ec.SECP256R1()).public_key()

    assert message == VECTOR["pae"]
    public.verify(signature, message, ec.ECDSA(SHA256()))


def test_pae_counts_bytes_and_not_letters():
    assert pae("é", "ß€".encode()) == "DSSEv1 2 é 5 ß€".encode()


def their_key(public, keyid):
    return SSlibKey(keyid, "ed25519", "ed25519", {"public": public.hex()})


def test_sign_envelope_is_accepted_by_securesystemslib(signer):
    envelope = Envelope.from_dict(json.loads(sign_envelope(payload=PAYLOAD, payload_type=KIND, signer=signer)))

    assert envelope.payload == PAYLOAD
    assert list(envelope.verify([their_key(signer.public, signer.keyid)], 1)) == [signer.keyid]


def test_sign_envelope_is_refused_by_securesystemslib_for_another_key(signer):
    envelope = Envelope.from_dict(json.loads(sign_envelope(payload=PAYLOAD, payload_type=KIND, signer=signer)))
    other = Signer(Ed25519PrivateKey.generate())

    with pytest.raises(VerificationError):
        envelope.verify([their_key(other.public, signer.keyid)], 1)


def test_sign_envelope_is_read_by_the_strict_reader(signer):
    document = json.loads(sign_envelope(payload=PAYLOAD, payload_type=KIND, signer=signer))

    envelope = read_envelope(document, payload_type=KIND, what="it")

    check_signatures(envelope, keys={signer.keyid: signer.public}, threshold=1, what="it")
    assert envelope.payload == PAYLOAD


def foreign(*signers, payload=PAYLOAD, kind=KIND):
    envelope = Envelope(payload, kind, {})
    for each in signers:
        envelope.sign(each)
    return envelope.to_dict()


def raw_public(their_signer):
    return bytes.fromhex(their_signer.public_key.keyval["public"])


def test_open_foreign_accepts_what_securesystemslib_signed():
    theirs = CryptoSigner.generate_ed25519()

    data = json.dumps(foreign(theirs), indent=2).encode()

    assert open_foreign(data, payload_type=KIND, public_keys=[raw_public(theirs)]) == PAYLOAD


def test_open_foreign_accepts_what_the_standard_allows():
    theirs = CryptoSigner.generate_ed25519()
    document = foreign(theirs, payload=b"\xfb\xff\xfe")
    document["payload"] = "-__-"
    document["note"] = "unknown"
    document["signatures"][0] |= {"keyid": "a hint and no more", "note": "unknown"}

    data = json.dumps(document).encode()

    assert open_foreign(data, payload_type=KIND, public_keys=[raw_public(theirs)]) == b"\xfb\xff\xfe"


def test_open_foreign_counts_keys_and_not_signatures():
    first, second = CryptoSigner.generate_ed25519(), CryptoSigner.generate_ed25519()
    keys = [raw_public(first), raw_public(second), raw_public(first)]
    once = foreign(first)
    twice = {**once, "signatures": [once["signatures"][0], {**once["signatures"][0], "keyid": "other"}]}

    with pytest.raises(ForeignEnvelopeError, match="1 of the given keys"):
        open_foreign(json.dumps(twice).encode(), payload_type=KIND, public_keys=keys, threshold=2)

    both = json.dumps(foreign(first, second)).encode()
    assert open_foreign(both, payload_type=KIND, public_keys=keys, threshold=2) == PAYLOAD


@pytest.mark.parametrize("threshold", [0, -1])
def test_open_foreign_never_accepts_without_a_signature(threshold):
    data = json.dumps(foreign(CryptoSigner.generate_ed25519())).encode()

    with pytest.raises(ForeignEnvelopeError):
        open_foreign(data, payload_type=KIND, public_keys=[], threshold=threshold)


@pytest.mark.parametrize("change", [{"payload": "aGVsbG8="}, {"payloadType": "text/plain"}, {"signatures": []}])
def test_open_foreign_refuses_what_was_changed(change):
    theirs = CryptoSigner.generate_ed25519()
    data = json.dumps(foreign(theirs) | change).encode()

    with pytest.raises(ForeignEnvelopeError):
        open_foreign(data, payload_type=KIND, public_keys=[raw_public(theirs)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"null",
        b'{"payload":1,"payloadType":"x","signatures":[{"sig":"AA=="}]}',
        b'{"payload":"AA==","payloadType":"x","signatures":5}',
        b'{"payload":"AA==","payloadType":"x","signatures":["x"]}',
        b'{"payload":"AA==","payloadType":"x","signatures":[{"sig":"!"}]}',
        b"[" * 100_000,
    ],
)
def test_open_foreign_refuses_what_is_no_envelope(data):
    with pytest.raises(ForeignEnvelopeError):
        open_foreign(data, payload_type="x", public_keys=[b"\0" * 32])


def test_signer_shows_nothing_of_its_private_key(signer):
    assert repr(signer) == "Signer()"
