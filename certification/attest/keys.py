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
from pathlib import Path
from typing import TYPE_CHECKING

from certification.verify.names import Environment, KeyStatus, Role

from .completion import complete
from .key_folder import ROOT, KeyFolder, generate, pem
from .key_sources import from_environment, private_half, variable_of
from .private_files import KeysRefusedError, make_folder, sync_folder, write_private
from .publishing import newest_trust_root
from .trust_root import HEAD_START, LIFETIME, KeyEntry, build_trust_root

if TYPE_CHECKING:
    from datetime import datetime

    from certification.verify.root import TrustRoot

    from .dsse import Signer, SigningKey

__all__ = ["KeyRing", "KeysRefusedError", "ensure_keys", "load_keys"]


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
    folder = ensure_folder(directory, environment=environment, now=now)
    while True:
        version = folder.versions()
        try:
            return load_keys(folder, environment=environment, now=now)
        except KeysRefusedError:
            if folder.versions() == version:
                raise
            # A rotation came between the trust root that was read and the private half that it named.


def ensure_folder(directory: Path, *, environment: Environment, now: datetime) -> KeyFolder:
    """Give the key folder of an installation, made and completed, whether its keys can sign or not.

    Raises KeysRefusedError as `ensure_keys` does.
    """
    home = directory / environment
    try:
        make_folder(directory)
        if not os.path.lexists(home):
            _create(home, environment=environment, now=now)
        folder = KeyFolder(home)
        complete(folder, start=now - HEAD_START, now=now)
    except OSError as error:
        raise KeysRefusedError(f"no keys can be made in {directory}: {error.strerror}") from error
    return folder


def _create(home: Path, *, environment: Environment, now: datetime) -> None:
    """Make a whole set aside and move it into place; quiet if another process was first."""
    root, made_root = _first_key(ROOT)
    keys = {role: _first_key(role) for role in Role}
    start, end = now - HEAD_START, now + LIFETIME
    entries = [KeyEntry(key.public, start, end, role) for role, (key, _made) in keys.items()]
    document = build_trust_root(root=root, keys=entries, environment=environment, issued=start, expires=end)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=home.parent))
    try:
        for name, made in ((ROOT, made_root), *((role, made) for role, (_key, made) in keys.items())):
            if made is not None:
                write_private(aside / f"{name}.pem", pem(made))
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


def _first_key(name: str) -> tuple[SigningKey, Signer | None]:
    """The key the environment gives for a role, or a new one; and the new one again, to be written down."""
    for given in from_environment(name):
        return given, None
    made = generate()
    return made, made


def load_keys(folder: KeyFolder, *, environment: Environment, now: datetime) -> KeyRing:
    """Load the keys in force. Raises KeysRefusedError."""
    data, root = newest_trust_root(folder, now=now)
    if root.environment is not environment:
        found = f"{root.environment} installation, not of a {environment} one"
        raise KeysRefusedError(f"{folder.home} holds keys of a {found}")
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
        if signer := private_half(folder, role, key.keyid):
            return signer
    if active and not usable:
        raise KeysRefusedError(f"the {role} key may not sign now: its time is over or has not begun")
    if from_environment(role) or os.path.lexists(folder.home / f"{role}.pem"):
        where = variable_of(role) if from_environment(role) else folder.home / f"{role}.pem"
        raise KeysRefusedError(f"{where} is not an active {role} key of trust root {root.version}")
    raise KeysRefusedError(
        f"{folder.home / f'{role}.pem'} cannot be read: No such file; bring it back from a backup, or make a new key: "
        f"manage.py keys rotate {role}"
    )
