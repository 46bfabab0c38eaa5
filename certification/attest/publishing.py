"""Read the trust root in force, and put the next one in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certification.verify.canonical import parse
from certification.verify.errors import ProblemError
from certification.verify.root import TrustRoot, follow, read_anchor, read_trust_root

from .ceremony import draft, sign
from .private_files import KeysRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .dsse import SigningKey
    from .key_folder import KeyFolder


def newest_trust_root(folder: KeyFolder, *, now: datetime | None = None) -> tuple[bytes, TrustRoot]:
    """Give the trust root in force: the highest version. With `now` it must be in time. Raises KeysRefusedError."""
    versions = folder.versions()
    if not versions:
        raise KeysRefusedError(f"{folder.path(1)} cannot be read: No such file; bring it back from a backup")
    data, path = folder.trust_root(versions[-1]), folder.path(versions[-1])
    try:
        root = read_trust_root(data) if now is None else read_anchor(data, parse(data), at=now)
    except ProblemError as problem:
        raise KeysRefusedError(f"{path} cannot be used: {problem}") from problem
    if root.version != versions[-1]:
        raise KeysRefusedError(f"{path} cannot be used: it is version {root.version}")
    return data, root


def signed(root: TrustRoot, signers: Iterable[SigningKey]) -> bytes:
    """Write a trust root and sign it with these root keys; gives the envelope as canonical JSON."""
    return sign(draft(root), signers).envelope()


def publish(folder: KeyFolder, envelope: bytes, *, before: TrustRoot | None, now: datetime) -> TrustRoot:
    """Put a signed trust root in force, once a verifier that trusts the one before would accept it.

    Raises KeysRefusedError (OvertakenError where somebody else was first), OSError.
    """
    try:
        root = read_trust_root(envelope)
        if before is not None:
            if root.version != before.version + 1:
                raise KeysRefusedError(f"the trust root in force is version {before.version}, this one {root.version}")
            root = follow(folder.trust_root(before.version), envelope, at=now)
    except ProblemError as problem:
        raise KeysRefusedError(f"the new trust root cannot be put in force: {problem}") from problem
    folder.publish(root.version, envelope)
    return root
