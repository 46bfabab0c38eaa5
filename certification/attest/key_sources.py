r"""Where private halves come from: the environment first, else the key folder.

`PLUGWARDEN_KEY_CERTIFIER`, `…_LOG`, `…_STATUS`, `…_FEED` and `…_ROOT` hold a key as PEM text (line breaks may be
written `\n`), as base64 of its 32-byte seed, or as the address of a key in a key service, such as `hv:certifier/1`. The
same with `_NEXT` at the end is a second one, so that the key before and the key after a rotation are both there. The
public half of a key in a service is in the variable with `_PUBLIC` at the end.
"""

from __future__ import annotations

import binascii
import os
import re
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from certification.verify.envelope import PUBLIC_SIZE

from .dsse import Signer
from .key_folder import ROOT, parse_pem
from .private_files import KeysRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from certification.verify.root import TrustRoot

    from .dsse import SigningKey
    from .key_folder import KeyFolder

PREFIX = "PLUGWARDEN_KEY_"
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:(?!\s).+", re.ASCII)


def private_half(folder: KeyFolder, name: str, keyid: str) -> SigningKey | None:
    """The private half of a key of a role, or of `root`; None where there is none. Raises KeysRefusedError."""
    for signer in from_environment(name):
        if signer.keyid == keyid:
            return signer
    return folder.private(name, keyid)


def root_signers(folder: KeyFolder, *roots: TrustRoot) -> list[SigningKey]:
    """The root keys of these trust roots, former ones too, whose private halves are at hand; each once."""
    keyids = {keyid: None for root in roots for keyid in (*root.root_keys, *root.former_root_keys)}
    found = (private_half(folder, ROOT, keyid) for keyid in keyids)
    return [signer for signer in found if signer is not None]


def from_environment(name: str, environ: Mapping[str, str] = os.environ) -> list[SigningKey]:
    """The keys the environment gives for a role, or for `root`. Raises KeysRefusedError naming the variable."""
    variables = (f"{PREFIX}{name.upper()}", f"{PREFIX}{name.upper()}_NEXT")
    return [_read(variable, environ) for variable in variables if environ.get(variable, "").strip()]


def variable_of(name: str) -> str:
    """The variable a role's key can be in."""
    return f"{PREFIX}{name.upper()}"


def _read(variable: str, environ: Mapping[str, str]) -> SigningKey:
    value = environ[variable].strip()
    if value.startswith("-----BEGIN"):
        return parse_pem(value.replace("\\n", "\n").encode(), variable)
    if ADDRESS.fullmatch(value):
        try:
            from .kms import connect  # noqa: PLC0415 - needs a package that only those who use a service have
        except ImportError as missing:
            raise KeysRefusedError(
                f"{variable} names a key in a key service, which needs: pip install -r requirements/kms.txt"
            ) from missing
        public = environ.get(f"{variable}_PUBLIC", "").strip()
        return connect(value, read_public(public, f"{variable}_PUBLIC") if public else None, what=variable)
    try:
        seed = binascii.a2b_base64(value, strict_mode=True)
        return Signer(Ed25519PrivateKey.from_private_bytes(seed))
    except ValueError as error:
        raise KeysRefusedError(
            f"{variable} is none of: an Ed25519 key as PEM, base64 of a 32-byte seed, the address of a key in a service"
        ) from error


def read_public(given: str, what: str) -> bytes:
    """Read a public key, PEM or base64 of the 32 raw bytes. Raises KeysRefusedError."""
    try:
        if not given.startswith("-----BEGIN"):
            raw = binascii.a2b_base64(given, strict_mode=True)
            if len(raw) != PUBLIC_SIZE:
                raise KeysRefusedError(f"{what} is not the public half of an Ed25519 key")
            return raw
        key = load_pem_public_key(given.replace("\\n", "\n").encode())
    except ValueError as error:
        raise KeysRefusedError(f"{what} is neither a public key as PEM nor base64 of 32 bytes") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeysRefusedError(f"{what} is a key of another kind: verifiers know Ed25519 only")
    return key.public_bytes_raw()
