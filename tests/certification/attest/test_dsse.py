"""Our envelopes agree with the published vector; securesystemslib takes ours, and we take its."""

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

from certification.attest.dsse import Signer, sign_envelope
from certification.verify.envelope import check_signatures, pae, read_envelope
from certification.verify.errors import ProblemError

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


@pytest.fixture
def theirs(signer):
    """An envelope made and signed by securesystemslib, as the document a reader gets."""
    envelope = Envelope(PAYLOAD, KIND, {})
    envelope.sign(CryptoSigner(signer.private, their_key(signer.public, signer.keyid)))
    return json.loads(json.dumps(envelope.to_dict()))


def test_securesystemslibs_envelope_is_read_and_its_signature_holds(theirs, signer):
    envelope = read_envelope(theirs, payload_type=KIND, what="it")

    check_signatures(envelope, keys={signer.keyid: signer.public}, threshold=1, what="it")
    assert envelope.payload == PAYLOAD


def test_securesystemslibs_envelope_is_refused_with_another_payload(theirs, signer):
    theirs["payload"] = base64.b64encode(PAYLOAD + b" ").decode()
    envelope = read_envelope(theirs, payload_type=KIND, what="it")

    with pytest.raises(ProblemError, match="altered"):
        check_signatures(envelope, keys={signer.keyid: signer.public}, threshold=1, what="it")


def test_signer_shows_nothing_of_its_private_key(signer):
    assert repr(signer) == "Signer()"
