"""DSSE v1.0.2: sign envelopes of our own, and read other people's as the standard asks.

Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md. Our own envelopes are read back by
`certification.verify.envelope`, which is stricter.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64, keyid_of, pae

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_SIGNATURES = 16


class ForeignEnvelopeError(ValueError):
    """An envelope of others that is malformed or not signed by enough of the given keys."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An Ed25519 key that signs. It shows nothing of its private half."""

    private: Ed25519PrivateKey = field(repr=False, compare=False)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        """SHA-256 of the raw public key, lower-case hexadecimal."""
        return keyid_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Sign a message; for envelopes use `sign_envelope`."""
        return self.private.sign(message)


def sign_envelope(*, payload: bytes, payload_type: str, signer: Signer) -> bytes:
    """Wrap a payload in an envelope with one signature, as canonical JSON."""
    signature = signer.sign(pae(payload_type, payload))
    return canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": signer.keyid, "sig": encode_base64(signature)}],
        }
    )


def open_foreign(data: bytes, *, payload_type: str, public_keys: Collection[bytes], threshold: int = 1) -> bytes:
    """Give the payload of somebody else's envelope once `threshold` distinct raw Ed25519 keys have signed it.

    As the standard asks: both base64 alphabets, unknown members ignored, `keyid` never used, keys and not signatures
    counted. Raises ForeignEnvelopeError. Never use it for our own files.
    """
    if threshold < 1:
        raise ForeignEnvelopeError("the threshold must be at least 1")
    found_type, payload, signatures = _read_foreign(data)
    if found_type != payload_type:
        raise ForeignEnvelopeError(f"the envelope holds {found_type!r}, not {payload_type!r}")
    message = pae(payload_type, payload)
    accepted = {public for public in public_keys if any(_holds(public, sig, message) for sig in signatures)}
    if len(accepted) < threshold:
        raise ForeignEnvelopeError(f"{len(accepted)} of the given keys signed the envelope, {threshold} must have")
    return payload


def _read_foreign(data: bytes) -> tuple[str, bytes, list[bytes]]:
    try:
        envelope = json.loads(data.decode())
        listed = list(envelope["signatures"])
        if not 1 <= len(listed) <= MOST_SIGNATURES:
            raise ForeignEnvelopeError(f"the envelope has {len(listed)} signatures")
        signatures = [_either_base64(entry["sig"]) for entry in listed]
        return str(envelope["payloadType"]), _either_base64(envelope["payload"]), signatures
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ForeignEnvelopeError(f"the envelope is malformed ({type(error).__name__})") from error


def _either_base64(value: str) -> bytes:
    """Decode standard or URL-safe base64; the standard wants both accepted, padding may be left out by neither."""
    try:
        return base64.b64decode(value.translate({ord("-"): "+", ord("_"): "/"}), validate=True)
    except (binascii.Error, AttributeError) as error:
        raise ForeignEnvelopeError("a member is not base64") from error


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
