"""What a verifier remembers from one verification to the next, so that nobody can lead it back.

One file for each trust root that is believed: the newest trust root and the highest sequence of a status list seen.
Canonical JSON, closed. A file that is damaged or another installation's is never used and never replaced; one that is
missing is a first use.

    {"schema": "plugwarden.state/v1", "statusSequence": 7, "trustRoot": {"payload": …, "signatures": …}}
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .canonical import canonical, parse_canonical
from .errors import ProblemError, UnusableError
from .fields import closed, number, one_of
from .files import read_document
from .names import Code
from .output import plain
from .root import read_trust_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .root import TrustRoot

SCHEMA = "plugwarden.state/v1"
WHAT = "state"


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest of both that a verifier has accepted."""

    trust_root: bytes
    """The envelope; what it is worth is for `certification.verify.root.follow` to say."""
    status_sequence: int


def read_state(path: str) -> Seen | None:
    """Read the file; None where there is none yet. Raises UnusableError where it is damaged or cannot be read."""
    if not os.path.lexists(path):
        return None
    try:
        members = closed(
            parse_canonical(read_document(path, WHAT), "it"), ("schema", "statusSequence", "trustRoot"), "it"
        )
        one_of(members, "schema", (SCHEMA,))
        trust_root = canonical(members["trustRoot"])
        read_trust_root(trust_root)
        return Seen(trust_root, number(members, "statusSequence"))
    except ProblemError as problem:
        raise UnusableError(
            WHAT, f"the state {plain(path)} is damaged: {problem}; without a copy of it, start again with a new file"
        ) from problem


def check_sequence(seen: Seen | None, sequence: int) -> None:
    """Refuse a status list older than one that was accepted before. Raises ProblemError."""
    if seen is not None and sequence < seen.status_sequence:
        raise ProblemError(
            f"status list {sequence} is older than {seen.status_sequence}, which was seen before", Code.REPLAYED
        )


def write_state(path: str, *, trust_root: bytes, root: TrustRoot, status_sequence: int) -> None:
    """Remember what was accepted, whole or not at all, and never less than what the file says.

    `root` is what `trust_root` says. Raises UnusableError where it cannot be written: the answer would not last.
    """
    target = Path(path)
    try:
        with _alone(target):
            if seen := read_state(path):
                known = read_trust_root(seen.trust_root)
                if known.verifier_id != root.verifier_id:
                    raise UnusableError(WHAT, f"the state {plain(path)} is of {plain(known.verifier_id)}")
                status_sequence = max(status_sequence, seen.status_sequence)
                if known.version > root.version:
                    trust_root = seen.trust_root
            document = {
                "schema": SCHEMA,
                "statusSequence": status_sequence,
                "trustRoot": parse_canonical(trust_root, "the trust root"),
            }
            if seen != Seen(trust_root, status_sequence):
                _replace(target, canonical(document))
    except OSError as error:
        raise UnusableError(WHAT, f"the state {plain(path)} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Keep other verifiers out between reading and writing, where the system can lock files."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        yield
        return
    handle = os.open(target.with_name(f"{target.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(target: Path, data: bytes) -> None:
    handle, aside = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(aside).unlink()
        raise
