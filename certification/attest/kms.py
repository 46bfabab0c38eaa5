"""Keys in a key service or hardware module, through securesystemslib's signers (requirements/kms.txt).

Verifiers know Ed25519 only. Of the signers of securesystemslib 1.6 that leaves `hv:` (HashiCorp Vault, transit engine)
and `file2:` (a PEM file elsewhere); the others sign with ECDSA or RSA and are refused, by their public key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib import signer as theirs

from certification.verify.envelope import keyid_of

from .key_folder import read_pem
from .private_files import KeysRefusedError

ED25519 = "ed25519"
FILE = "file2"


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A key whose private half this process never sees."""

    public: bytes
    signer: theirs.Signer = field(repr=False, compare=False)
    what: str

    @property
    def keyid(self) -> str:
        """SHA-256 of the raw public key, lower-case hexadecimal."""
        return keyid_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """Have the message signed, and look whether the service used the key it should.

        Raises KeysRefusedError: it cannot be reached, refuses, or signed with another key.
        """
        try:
            signature = bytes.fromhex(self.signer.sign(message).signature)
        except Exception as error:  # each service raises errors of its own
            raise KeysRefusedError(f"the key of {self.what} cannot sign: {type(error).__name__}") from error
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise KeysRefusedError(f"the service of {self.what} signed with another key than {self.keyid}") from error
        return signature


def connect(address: str, public: bytes | None, *, what: str) -> RemoteKey:
    """Get ready to sign with the key at an address such as `hv:certifier/1`; `what` names it in refusals.

    `public` is its public half; a `file2:` address can do without. Raises KeysRefusedError.
    """
    scheme = urlparse(address).scheme
    if scheme not in theirs.SIGNER_FOR_URI_SCHEME:
        raise KeysRefusedError(f'{what} names a key service "{scheme}:" that securesystemslib does not know')
    if public is None:
        if scheme != FILE:
            raise KeysRefusedError(f"{what} needs the public half of its key in {what}_PUBLIC")
        public = _public_of_file(urlparse(address).path, what)
    key = theirs.SSlibKey(keyid_of(public), ED25519, ED25519, {"public": public.hex()})
    try:
        signer = theirs.Signer.from_priv_key_uri(address, key)
    except Exception as error:  # each service raises errors of its own
        raise KeysRefusedError(
            f"{what} cannot be used with an Ed25519 key: {type(error).__name__}; of the key services only Vault (hv:) "
            "has such keys"
        ) from error
    return RemoteKey(public, signer, what)


def _public_of_file(path: str, what: str) -> bytes:
    """The public half of the PEM file at a `file2:` address, which must be ours alone like any other key."""
    try:
        return read_pem(Path(path)).public
    except KeysRefusedError as refusal:
        raise KeysRefusedError(f"{what}: {refusal}") from refusal
