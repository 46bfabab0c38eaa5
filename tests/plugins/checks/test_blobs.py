"""Encoded text is found in every encoding, two levels deep, and within its bounds."""

from __future__ import annotations

import base64
import gzip
import time
import zlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from plugins.checks.engines import blobs
from plugins.checks.engines.blobs import Budget, is_private_key, pieces
from tests.plugins.checks.engine_cases import token

SECRET = token().encode()


def b64(data):
    return base64.b64encode(data)


def escaped(form):
    return "".join(form.format(code) for code in SECRET).encode()


@pytest.mark.parametrize(
    ("encoded", "how"),
    [
        (b64(SECRET), "base64"),
        (base64.urlsafe_b64encode(b'{"token":"' + SECRET + b'??>>"}').rstrip(b"="), "base64"),
        (base64.encodebytes(b"some words that come before it, " * 4 + SECRET), "base64"),
        (b64(SECRET.decode().encode("utf-16-le")), "base64"),
        (SECRET.hex().encode(), "hex"),
        (b64(gzip.compress(SECRET)), "base64 in gzip"),
        (b64(zlib.compress(SECRET)), "base64 in zlib"),
        (gzip.compress(SECRET).hex().encode(), "hex in gzip"),
        (b64(b64(SECRET)), "base64 in base64"),
        (b64(SECRET).hex().encode(), "hex in base64"),
        (escaped("%{:02x}"), "percent signs"),
        (escaped("\\x{:02x}"), "escapes"),
        (b"\\u0067" + SECRET[1:], "escapes"),
        (b"%67" + SECRET[1:], "percent signs"),
    ],
)
def test_every_encoding_is_read(encoded, how):
    found = pieces(b'first line\nkey = "' + encoded + b'"\n', Budget())

    assert [(piece.line, piece.how) for piece in found if SECRET.decode() in piece.text] == [(2, how)]


@pytest.mark.parametrize(
    "harmless",
    [
        b'import { createConnection } from "@acme/very-long-package-name/dist/lib/connection";',
        b"sha512-" + b64(bytes(range(64))),
        b'"integrity": "' + b64(bytes(range(128, 192))) + b'"',
        b"0123456789abcdef0123456789abcdef0123456789abcdef",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    ],
)
def test_what_only_looks_encoded_is_passed_over(harmless):
    assert pieces(harmless, Budget()) == []


def test_a_third_level_is_not_read():
    found = pieces(b64(b64(b64(SECRET))), Budget())

    assert not any(SECRET.decode() in piece.text for piece in found)


def test_numbers_and_sizes_are_bounded_and_what_is_beyond_is_counted():
    many = Budget()
    texts = b"\n".join(b64(b"the number of this text is %d" % number) for number in range(blobs.BLOBS_A_FILE + 5))

    assert (len(pieces(texts, many)), many.beyond) == (blobs.BLOBS_A_FILE, 5)

    large = Budget()
    assert pieces(b64(b"word " * 300_000), large) == []
    assert large.beyond == 1


def test_a_bomb_is_unpacked_no_further_than_its_bound():
    bomb = b64(gzip.compress(b"a b " * 25_000_000))

    found = pieces(bomb, Budget())

    assert [len(piece.text) for piece in found] == [blobs.BLOB_BYTES]


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
)
def test_a_private_key_in_der_is_known(key):
    def der(form, part=key):
        return part.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())

    forms = [serialization.PrivateFormat.PKCS8]
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        forms.append(serialization.PrivateFormat.TraditionalOpenSSL)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    assert [is_private_key(der(form)) for form in forms] == [True] * len(forms)
    assert not is_private_key(public)
    assert "PRIVATE KEY" in pieces(b64(der(forms[0])), Budget())[0].text


def test_a_key_in_pem_is_no_encoded_text():
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    assert pieces(b'KEY = """' + key + b'"""\n', Budget()) == []


@pytest.mark.parametrize(
    "hostile", [b"a" * 23 + b" ", b"%41", b"\\x41", b"%41 ", b"QUJD\n", b"'", b"ab" * 12, b"\x1f\x8b"]
)
def test_hostile_text_takes_no_longer_than_reading_it(hostile):
    text = (hostile * 1_000_000)[:1_000_000]
    started = time.process_time()

    pieces(text, Budget())

    assert time.process_time() - started < 2
