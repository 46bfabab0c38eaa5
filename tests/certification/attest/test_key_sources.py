"""Keys from the environment and from key services."""

import base64
import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from securesystemslib.signer import CryptoSigner

from certification.attest import kms
from certification.attest.key_folder import generate, pem
from certification.attest.key_sources import from_environment, read_public
from certification.attest.keys import ensure_keys
from certification.attest.private_files import KeysRefusedError, write_private
from certification.verify.names import Role

NAME = "PLUGWARDEN_KEY_CERTIFIER"


@pytest.fixture
def now():
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def key():
    return generate()


@pytest.fixture
def ecdsa():
    """An ECDSA key: (private PEM, public PEM)."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), public


def public_pem(key):
    return key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def given(value, **more):
    (found,) = from_environment(Role.CERTIFIER, {NAME: value, **more})
    return found


def test_keys_come_from_the_environment_in_each_form(key, tmp_path):
    write_private(tmp_path / "key.pem", pem(key))
    text = pem(key).decode()

    for value in (
        text,
        text.replace("\n", "\\n"),
        base64.b64encode(key.private.private_bytes_raw()).decode(),
        f"file2:{tmp_path}/key.pem",
    ):
        assert given(value).keyid == key.keyid
        assert given(value).sign(b"message") == key.sign(b"message")


def test_nothing_in_the_environment_is_no_key():
    assert from_environment(Role.CERTIFIER, {NAME: "  "}) == []


def test_a_second_key_waits_beside_the_first(key):
    other = generate()
    environ = {NAME: pem(key).decode(), f"{NAME}_NEXT": pem(other).decode()}

    assert [found.keyid for found in from_environment(Role.CERTIFIER, environ)] == [key.keyid, other.keyid]


@pytest.mark.parametrize(
    "value", ["rubbish", "AAAA", "-----BEGIN PRIVATE KEY-----", base64.b64encode(bytes(33)).decode()]
)
def test_what_is_no_key_is_refused_without_being_repeated(value):
    with pytest.raises(KeysRefusedError, match=NAME) as refusal:
        given(value)

    assert value not in str(refusal.value)


def test_an_ecdsa_key_is_refused_in_a_sentence(ecdsa, tmp_path):
    private, public = ecdsa
    write_private(tmp_path / "ec.pem", private)

    for environ in (
        {NAME: private.decode()},
        {NAME: f"file2:{tmp_path}/ec.pem"},
        {NAME: "awskms:alias/x", f"{NAME}_PUBLIC": public.decode()},
    ):
        with pytest.raises(KeysRefusedError, match=f"^{NAME}.* Ed25519"):
            from_environment(Role.CERTIFIER, environ)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nosuch:key", 'a key service "nosuch:" that securesystemslib does not know'),
        ("hv:certifier/1", f"needs the public half of its key in {NAME}_PUBLIC"),
        ("file2:/nowhere/key.pem", "cannot be read: No such file"),
    ],
)
def test_a_key_service_that_cannot_be_used_says_why(address, words):
    with pytest.raises(KeysRefusedError, match=words):
        given(address)


def test_a_key_service_with_another_key_is_found_out(key, tmp_path):
    write_private(tmp_path / "key.pem", pem(key))

    with pytest.raises(KeysRefusedError, match="cannot be used"):
        given(f"file2:{tmp_path}/key.pem", **{f"{NAME}_PUBLIC": public_pem(generate())})


def test_a_signature_of_another_key_is_never_given_out(key):
    theirs = CryptoSigner.generate_ed25519()

    with pytest.raises(KeysRefusedError, match="signed with another key"):
        kms.RemoteKey(key.public, theirs, NAME).sign(b"message")


def test_a_key_file_of_a_service_must_be_ours_alone(key, tmp_path):
    write_private(tmp_path / "key.pem", pem(key))
    tmp_path.joinpath("key.pem").chmod(0o644)

    with pytest.raises(KeysRefusedError, match="open to others"):
        given(f"file2:{tmp_path}/key.pem")


def test_a_key_service_without_its_package_says_what_to_install(key, monkeypatch):
    monkeypatch.setitem(sys.modules, "certification.attest.kms", None)

    with pytest.raises(KeysRefusedError, match=r"pip install -r requirements/kms\.txt"):
        given("hv:certifier/1")


def test_public_keys_are_read_as_pem_and_as_base64(key):
    assert read_public(public_pem(key), "x") == key.public
    assert read_public(base64.b64encode(key.public).decode(), "x") == key.public
    with pytest.raises(KeysRefusedError, match="x is not the public half"):
        read_public(base64.b64encode(bytes(31)).decode(), "x")


def test_a_set_is_made_with_the_keys_of_the_environment(key, tmp_path, monkeypatch, now):
    monkeypatch.setenv(NAME, pem(key).decode())

    ring = ensure_keys(tmp_path / "keys", demo=False, now=now)

    assert ring.certifier.keyid == key.keyid
    assert not tmp_path.joinpath("keys/production/certifier.pem").exists()
    monkeypatch.delenv(NAME)
    with pytest.raises(KeysRefusedError, match=r"certifier\.pem cannot be read"):
        ensure_keys(tmp_path / "keys", demo=False, now=now)


def test_a_key_in_the_environment_that_is_not_in_force_is_named(tmp_path, monkeypatch, now):
    monkeypatch.setenv(NAME, pem(generate()).decode())
    ensure_keys(tmp_path / "keys", demo=False, now=now)
    monkeypatch.setenv(NAME, pem(generate()).decode())

    with pytest.raises(KeysRefusedError, match=f"{NAME} is not an active certifier key of trust root 1"):
        ensure_keys(tmp_path / "keys", demo=False, now=now)
