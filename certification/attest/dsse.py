"""DSSE v1.0.2: sign envelopes of our own. `certification.verify.envelope` reads them, more strictly than the standard.

Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64, keyid_of, pae

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class SigningKey(Protocol):
    """An Ed25519 key that signs, wherever its private half is: in this process, or in a key service."""

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""

    @property
    def keyid(self) -> str:
        """SHA-256 of the raw public key, lower-case hexadecimal."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message: 64 bytes. Raises KeysRefusedError where the key cannot be used."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key in this process. It shows nothing of its private half."""

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


def sign_envelope(*, payload: bytes, payload_type: str, signer: SigningKey) -> bytes:
    """Wrap a payload in an envelope with one signature, as canonical JSON."""
    return signed_envelope(payload, payload_type, {signer.keyid: signer.sign(pae(payload_type, payload))})


def signed_envelope(payload: bytes, payload_type: str, signatures: Mapping[str, bytes]) -> bytes:
    """Wrap a payload and signatures made before, by keyid, as canonical JSON."""
    return canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": payload_type,
            "signatures": [
                {"keyid": keyid, "sig": encode_base64(signature)} for keyid, signature in signatures.items()
            ],
        }
    )
