"""Checkpoints (c2sp.org/tlog-checkpoint): the text of a signed note that says how large a tree is, and its root."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from .merkle import HASH_BYTES
from .notes import NoteError, check_name

LARGEST = 2**63 - 1
LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root of a tree; `extensions` are lines we do not understand, kept as they are."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text to sign."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Raises NoteError."""
        lines = text.split("\n")
        if lines.pop() or len(lines) < LINES or not all(lines):
            raise NoteError("a checkpoint has three lines or more, none of them empty")
        origin, size, root, *extensions = lines
        check_name(origin)
        return cls(origin, decimal(size), hash_of(root), tuple(extensions))


def decimal(text: str) -> int:
    """A number in its only form. Raises NoteError."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) > LARGEST:
        raise NoteError(f"{text[:30]!r} is no size or index")
    return int(text)


def hash_of(text: str) -> bytes:
    """A SHA-256 hash in base64. Raises NoteError."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteError("a hash is not base64") from problem
    if len(found) != HASH_BYTES or base64.b64encode(found).decode() != text:
        raise NoteError("a hash has not 32 bytes in base64")
    return found
