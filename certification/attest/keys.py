"""The signing keys on disk: made once, mode 0600, never of two minds between web and worker.

`<directory>/production/` and `<directory>/demo/` each hold `root.pem`, `certifier.pem` (PEM, PKCS 8) and
`trust-root.json`. A set is written into a folder of its own and put in place by one rename, so that it is there whole
or not at all and only one of two racing processes wins. `root.pem` may be moved to a safer place; only rotation needs
it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from certification.verify.canonical import parse
from certification.verify.errors import ProblemError
from certification.verify.names import Environment, KeyStatus, Role
from certification.verify.root import TrustRoot, read_anchor

from .dsse import Signer
from .private_files import KeysRefusedError, check_folder, make_folder, read_private, write_private
from .trust_root import KeyEntry, build_trust_root

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["KeyRing", "KeysRefusedError", "ensure_keys"]

ROOT, CERTIFIER, TRUST_ROOT = "root.pem", "certifier.pem", "trust-root.json"
HEAD_START = timedelta(minutes=5)
"""How far keys are dated back, so that clocks a little behind (the other process, a verifier's host) accept them."""
LIFETIME = timedelta(days=5 * 365)
"""How long a trust root and its certifier key last; rotation makes a new pair before."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What an installation signs with."""

    demo: bool
    verifier_id: str
    trust_root_bytes: bytes = field(repr=False)
    """The signed trust root, as users are given it."""
    certifier: Signer


def ensure_keys(directory: Path, *, demo: bool, now: datetime) -> KeyRing:
    """Load the keys of this installation, making them where there are none. `now` needs a time zone.

    Raises KeysRefusedError where files are readable to others, belong to others, are damaged, expired or do not fit,
    and where new ones cannot be written.
    """
    environment = Environment.DEMO if demo else Environment.PRODUCTION
    home = directory / environment
    try:
        make_folder(directory)
        if not os.path.lexists(home):
            _create(home, environment=environment, now=now)
    except OSError as error:
        raise KeysRefusedError(f"no keys can be made in {directory}: {error.strerror}") from error
    return _load(home, environment=environment, now=now)


def _create(home: Path, *, environment: Environment, now: datetime) -> None:
    """Make a whole set aside and move it into place; quiet if another process was first."""
    root, certifier = Signer(Ed25519PrivateKey.generate()), Signer(Ed25519PrivateKey.generate())
    start, end = now - HEAD_START, now + LIFETIME
    entry = KeyEntry(public=certifier.public, valid_from=start, valid_to=end)
    document = build_trust_root(root=root, keys=[entry], environment=environment, issued=start, expires=end)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=home.parent))
    try:
        write_private(aside / ROOT, _pem(root))
        write_private(aside / CERTIFIER, _pem(certifier))
        write_private(aside / TRUST_ROOT, document)
        try:
            aside.rename(home)
        except OSError:
            if not home.is_dir():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _load(home: Path, *, environment: Environment, now: datetime) -> KeyRing:
    check_folder(home)
    trust_root = read_private(home / TRUST_ROOT)
    root = _read_trust_root(trust_root, home=home, now=now)
    if root.environment is not environment:
        raise KeysRefusedError(f"{home} holds keys of a {root.environment} installation, not of a {environment} one")
    certifier = _read_pem(home / CERTIFIER)
    _check_certifier(certifier, root, home=home, now=now)
    return KeyRing(environment is Environment.DEMO, root.verifier_id, trust_root, certifier)


def _read_trust_root(data: bytes, *, home: Path, now: datetime) -> TrustRoot:
    try:
        return read_anchor(data, parse(data), at=now)
    except ProblemError as problem:
        raise KeysRefusedError(f"{home / TRUST_ROOT} cannot be used: {problem}") from problem


def _check_certifier(certifier: Signer, root: TrustRoot, *, home: Path, now: datetime) -> None:
    """Check that the trust root names the key and lets it sign now: else nobody could verify what it signs."""
    key = root.keys.get(certifier.keyid)
    if key is None or key.role is not Role.CERTIFIER or key.status is not KeyStatus.ACTIVE:
        raise KeysRefusedError(f"{home / CERTIFIER} is not an active certifier key of {home / TRUST_ROOT}")
    if not key.valid_from <= now < key.valid_to:
        raise KeysRefusedError(f"{home / CERTIFIER} may not sign now: its time is over or has not begun")


def _pem(signer: Signer) -> bytes:
    return signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_pem(path: Path) -> Signer:
    try:
        key = load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError) as error:
        raise KeysRefusedError(f"{path} is not an unencrypted PEM key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysRefusedError(f"{path} is not an Ed25519 key")
    return Signer(key)
