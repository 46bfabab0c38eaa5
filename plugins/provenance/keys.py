"""Public keys and what they signed: Ed25519, and ECDSA on P-256 and P-384."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from plugins.provenance.strict import Unreadable

if TYPE_CHECKING:
    from typing import TypeAlias

    Key: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"secp256r1": hashes.SHA256, "secp384r1": hashes.SHA384}


def read_key(data: bytes, what: str) -> Key:
    """A public key in PEM or DER (SubjectPublicKeyInfo).

    Raises:
        Unreadable: it is none, or of a kind that is not taken here.
    """
    try:
        key = load_pem_public_key(data) if data.lstrip().startswith(b"-----") else load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm, TypeError):
        raise Unreadable(f"{what} is no public key that can be read.") from None
    return taken(key, what)


def taken(key: object, what: str) -> Key:
    """The key, if it is of a kind that is taken here."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _HASHES:
        return key
    raise Unreadable(f"{what} is neither Ed25519 nor ECDSA on P-256 or P-384.")


def signed(key: Key, signature: bytes, message: bytes, *, algorithm: type[hashes.HashAlgorithm] | None = None) -> bool:
    """Whether the signature is this key's, of this message. `algorithm` overrides the curve's usual hash."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ec.ECDSA((algorithm or _HASHES[key.curve.name])()))
    except (InvalidSignature, ValueError):
        return False
    return True
