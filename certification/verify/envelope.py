"""DSSE v1.0.2 envelopes, read more strictly than the standard asks, and their Ed25519 signatures.

Strict means: a closed set of members, canonical base64 in the standard alphabet, `keyid` = SHA-256 of the raw public
key, one signature a key. The bytes that are verified are the bytes that get parsed: a payload is decoded once.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .errors import ProblemError
from .fields import as_list, closed, digest, text
from .names import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC_SIZE = 32
SIGNATURE_SIZE = 64
MOST_SIGNATURES = 16


@dataclass(frozen=True, slots=True)
class Envelope:
    """A decoded envelope. Nothing in it is proven until `check_signatures` has returned."""

    payload: bytes
    payload_type: str
    signatures: Mapping[str, bytes]
    """keyid -> signature."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the bytes a DSSE signature is made over (protocol.md, "Signature Definition")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid_of(public: bytes) -> str:
    """Give the id of a raw Ed25519 public key: its SHA-256, lower-case hexadecimal."""
    return hashlib.sha256(public).hexdigest()


def decode_base64(value: str, what: str) -> bytes:
    """Decode base64 that must be in its one canonical form. Raises ProblemError."""
    try:
        data = binascii.a2b_base64(value, strict_mode=True)
    except ValueError as error:
        raise ProblemError(f"{what} is not base64") from error
    if encode_base64(data) != value:
        raise ProblemError(f"{what} is not canonical base64")
    return data


def encode_base64(data: bytes) -> str:
    """Encode in the standard alphabet, with padding and without line breaks (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def read_envelope(value: object, *, payload_type: str, what: str) -> Envelope:
    """Read an envelope that must carry this payload type. Raises ProblemError."""
    members = closed(value, ("payload", "payloadType", "signatures"), what)
    found = text(members, "payloadType")
    if found != payload_type:
        raise ProblemError(f'{what} is of the type "{found}", not "{payload_type}"')
    payload = decode_base64(text(members, "payload"), f"the payload of {what}")
    return Envelope(payload, payload_type, _read_signatures(members, what))


def _read_signatures(members: dict[str, object], what: str) -> dict[str, bytes]:
    listed = as_list(members, "signatures")
    if not 1 <= len(listed) <= MOST_SIGNATURES:
        raise ProblemError(f"{what} has {len(listed)} signatures")
    signatures: dict[str, bytes] = {}
    for entry in listed:
        signature = closed(entry, ("keyid", "sig"), f"a signature of {what}")
        keyid = digest(signature, "keyid")
        if keyid in signatures:
            raise ProblemError(f"{what} has two signatures of one key")
        signatures[keyid] = decode_base64(text(signature, "sig"), f"a signature of {what}")
    return signatures


def check_signatures(envelope: Envelope, *, keys: Mapping[str, bytes], threshold: int, what: str) -> None:
    """Check that every signature is a known key's and holds, and that there are enough. Raises ProblemError.

    `keys` maps keyids to raw public keys.
    """
    message = pae(envelope.payload_type, envelope.payload)
    for keyid, signature in envelope.signatures.items():
        if keyid not in keys:
            raise ProblemError(
                f"{what} is signed by a key that the trust root does not know ({keyid})", Code.UNKNOWN_KEY
            )
        if not holds(keys[keyid], signature, message):
            raise ProblemError(f"the signature of {what} does not fit its content: one of the two was altered")
    if len(envelope.signatures) < threshold:
        raise ProblemError(f"{what} has {len(envelope.signatures)} signatures where {threshold} are needed")


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature by a raw public key fits a message."""
    if len(signature) != SIGNATURE_SIZE:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
