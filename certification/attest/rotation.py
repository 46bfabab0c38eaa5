"""Change the keys of a folder: rotation, retirement, compromise, new root keys. No Django, no ledger.

Each change is the next version of the trust root. Where enough root keys are at hand it is signed and put in force at
once; else a draft is left in the folder, for `ceremony` to sign elsewhere and for `install` to put in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.verify.names import KeyStatus, Role

from .ceremony import Draft, draft, lacking, merged, sign
from .key_sources import from_environment, private_half, root_signers
from .private_files import KeysRefusedError, write_private
from .publishing import newest_trust_root, publish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from certification.verify.root import TrustRoot

    from .dsse import Signer, SigningKey
    from .key_folder import KeyFolder


@dataclass(frozen=True, slots=True)
class Change:
    """What a change came to."""

    root: TrustRoot
    waits_for: str = ""
    """Which signatures are missing; empty where the trust root is in force."""
    draft: Path | None = None
    written: tuple[Path, ...] = ()
    deleted: tuple[Path, ...] = ()


def draft_path(folder: KeyFolder, version: int) -> Path:
    """Where the draft of the next trust root waits for signatures."""
    return folder.home / f"trust-root-{version}.draft.json"


def new_key(root: TrustRoot, name: str, *, make: Signer) -> tuple[SigningKey, Signer | None]:
    """The key to bring in: one the environment has and the trust root does not know, else the one just made.

    Gives the key, and the made one again where it has to be written down.
    """
    known = {*root.keys, *root.root_keys, *root.former_root_keys}
    for given in from_environment(name):
        if given.keyid not in known:
            return given, None
    return make, make


def put_in_force(
    folder: KeyFolder, *, before: TrustRoot, after: TrustRoot, made: Mapping[str, Signer], now: datetime
) -> Change:
    """Write new private halves (role or `root` -> key), then sign and publish, or leave a draft.

    Raises KeysRefusedError (OvertakenError where somebody else was first), after which new private halves are gone, and
    OSError.
    """
    waiting = draft_path(folder, after.version)
    if waiting.exists():
        raise KeysRefusedError(
            f"{waiting} waits for signatures: put it in force with manage.py keys install, or delete it"
        )
    written: list[Path] = []
    try:
        for name, signer in made.items():
            written.append(folder.add(name, signer))
        signed = sign(draft(after), root_signers(folder, before, after))
        if missing := lacking(signed, before):
            write_private(waiting, signed.envelope())
            return Change(after, missing, waiting, tuple(written))
        publish(folder, signed.envelope(), before=before, now=now)
    except KeysRefusedError:  # after any other fault it may be in force: a private half too many harms nobody
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return Change(after, written=tuple(written), deleted=drop_unused(folder, after))


def install(folder: KeyFolder, copies: Sequence[Draft], *, now: datetime) -> Change:
    """Put a trust root in force that was signed elsewhere; `copies` hold its signatures between them.

    Raises KeysRefusedError where signatures are missing, or where the portal could not sign with the keys it names.
    """
    before = newest_trust_root(folder)[1]
    whole = merged(copies)
    if whole.root.version <= before.version:
        raise KeysRefusedError(f"trust root {before.version} is in force already, this is version {whole.root.version}")
    if missing := lacking(whole, before):
        raise KeysRefusedError(missing)
    for role in Role:
        active = [k for k in whole.root.keys.values() if k.role is role and k.status is KeyStatus.ACTIVE]
        if not any(private_half(folder, role, key.keyid) for key in active):
            raise KeysRefusedError(f"no private half of an active {role} key of that trust root is here")
    publish(folder, whole.envelope(), before=before, now=now)
    draft_path(folder, whole.root.version).unlink(missing_ok=True)
    return Change(whole.root, deleted=drop_unused(folder, whole.root))


def drop_unused(folder: KeyFolder, root: TrustRoot) -> tuple[Path, ...]:
    """Delete private halves of retired and compromised keys: whoever loaded them has them, nobody needs them again."""
    gone = (folder.drop(key.role, keyid) for keyid, key in root.keys.items() if key.status is not KeyStatus.ACTIVE)
    return tuple(path for path in gone if path is not None)
