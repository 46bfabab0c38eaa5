"""The keys an installation signs with: made once, all roles at once, never of two minds between web and worker.

`<directory>/production/` and `<directory>/demo/` are folders as `key_folder` describes. A set is written into a folder
of its own and put in place by one rename, so that it is there whole or not at all and only one of two racing processes
wins. `root.pem` may be moved to a safer place; only the next trust root needs it. Whoever asks for the keys reads the
folder anew, so a rotation is picked up without a restart.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certification.verify.names import Environment, KeyStatus, Role

from .completion import complete
from .key_folder import ROOT, KeyFolder, generate, pem
from .private_files import KeysRefusedError, make_folder, sync_folder, write_private
from .publishing import newest_trust_root
from .trust_root import KeyEntry, build_trust_root

if TYPE_CHECKING:
    from datetime import datetime

    from certification.verify.root import TrustRoot

    from .dsse import SigningKey

__all__ = ["KeyRing", "KeysRefusedError", "ensure_keys", "load_keys"]

HEAD_START = timedelta(minutes=5)
"""How far keys are dated back, so that clocks a little behind (the other process, a verifier's host) accept them."""
LIFETIME = timedelta(days=5 * 365)
"""How long a trust root and its keys last; rotation makes new ones before."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What an installation signs with."""

    demo: bool
    trust_root: TrustRoot = field(repr=False)
    trust_root_bytes: bytes = field(repr=False)
    """The signed trust root, as users are given it."""
    certifier: SigningKey
    log: SigningKey
    status: SigningKey
    feed: SigningKey

    @property
    def verifier_id(self) -> str:
        """The URI this installation certifies under; it outlives every key."""
        return self.trust_root.verifier_id

    @property
    def log_origin(self) -> str:
        """The name of this installation's log; it outlives every key."""
        return self.trust_root.log_origin


def ensure_keys(directory: Path, *, demo: bool, now: datetime) -> KeyRing:
    """Load the keys of this installation, making them where there are none. `now` needs a time zone.

    A folder of an earlier release gets the roles it lacks if its root key is at hand.

    Raises KeysRefusedError where files are readable to others, belong to others, are damaged, expired or do not fit,
    and where new ones cannot be written.
    """
    environment = Environment.DEMO if demo else Environment.PRODUCTION
    home = directory / environment
    try:
        make_folder(directory)
        if not os.path.lexists(home):
            _create(home, environment=environment, now=now)
        complete(KeyFolder(home), start=now - HEAD_START, now=now)
    except OSError as error:
        raise KeysRefusedError(f"no keys can be made in {directory}: {error.strerror}") from error
    return load_keys(home, environment=environment, now=now)


def _create(home: Path, *, environment: Environment, now: datetime) -> None:
    """Make a whole set aside and move it into place; quiet if another process was first."""
    root, signers = generate(), {role: generate() for role in Role}
    start, end = now - HEAD_START, now + LIFETIME
    entries = [KeyEntry(signer.public, start, end, role) for role, signer in signers.items()]
    document = build_trust_root(root=root, keys=entries, environment=environment, issued=start, expires=end)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=home.parent))
    try:
        write_private(aside / f"{ROOT}.pem", pem(root))
        for role, signer in signers.items():
            write_private(aside / f"{role}.pem", pem(signer))
        write_private(aside / "trust-root-1.json", document)
        sync_folder(aside)
        try:
            aside.rename(home)
        except OSError:
            if not home.is_dir():
                raise
        sync_folder(home.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def load_keys(home: Path, *, environment: Environment, now: datetime) -> KeyRing:
    """Load the keys in force. Raises KeysRefusedError."""
    folder = KeyFolder(home)
    data, root = newest_trust_root(folder, now=now)
    if root.environment is not environment:
        raise KeysRefusedError(f"{home} holds keys of a {root.environment} installation, not of a {environment} one")
    return KeyRing(
        demo=environment is Environment.DEMO,
        trust_root=root,
        trust_root_bytes=data,
        certifier=_signing_key(Role.CERTIFIER, root, folder, now=now),
        log=_signing_key(Role.LOG, root, folder, now=now),
        status=_signing_key(Role.STATUS, root, folder, now=now),
        feed=_signing_key(Role.FEED, root, folder, now=now),
    )


def _signing_key(role: Role, root: TrustRoot, folder: KeyFolder, *, now: datetime) -> SigningKey:
    """Choose the key to sign with: active, in its time, its private half at hand; of several the newest.

    Nothing else would do: nobody could verify what another key signs.
    """
    active = [key for key in root.keys.values() if key.role is role and key.status is KeyStatus.ACTIVE]
    usable = sorted((key for key in active if key.within_time(now)), key=lambda key: key.valid_from, reverse=True)
    for key in usable:
        if signer := folder.private(role, key.keyid):
            return signer
    if active and not usable:
        raise KeysRefusedError(f"the {role} key may not sign now: its time is over or has not begun")
    if os.path.lexists(folder.home / f"{role}.pem"):
        raise KeysRefusedError(f"{folder.home / f'{role}.pem'} is not an active {role} key of the trust root")
    raise KeysRefusedError(
        f"{folder.home / f'{role}.pem'} cannot be read: No such file; bring it back from a backup, or make a new key: "
        f"manage.py keys rotate {role}"
    )
