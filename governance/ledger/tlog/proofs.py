"""Proofs that need no server (c2sp.org/tlog-proof, version 1): index, hashes, and a signed checkpoint."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from . import merkle
from .checkpoints import Checkpoint, decimal, hash_of
from .notes import MOST_BYTES, Note, NoteError

FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf of this index is in the tree of the note, a checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note

    def encode(self) -> bytes:
        """The file's bytes."""
        hashes = (base64.b64encode(each).decode() for each in self.hashes)
        head = "".join(f"{line}\n" for line in (FIRST_LINE, f"index {self.index}", *hashes, ""))
        return head.encode() + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """Read a file; nothing is verified yet, and `extra` data is left out. Raises NoteError."""
        if len(data) > 2 * MOST_BYTES:
            raise NoteError("it is too large for a proof")
        head, blank, note = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as problem:
            raise NoteError("it is no proof: its first lines are not ASCII") from problem
        if not blank or lines.pop(0) != FIRST_LINE:
            raise NoteError(f"it is no proof: it does not begin with {FIRST_LINE}")
        if lines and lines[0].startswith("extra "):
            lines.pop(0)
        if not lines or not lines[0].startswith("index "):
            raise NoteError("it is no proof: it names no index")
        if len(lines) > merkle.LONGEST_PROOF + 1:
            raise NoteError("it is no proof: it has too many hashes")
        index, *hashes = lines
        return cls(decimal(index.removeprefix("index ")), tuple(map(hash_of, hashes)), Note.parse(note))

    def holds(self, leaf: bytes) -> bool:
        """Whether it leads from the hash of a leaf to the root of its checkpoint. Signatures are verified elsewhere.

        Raises NoteError where the note is no checkpoint.
        """
        there = Checkpoint.parse(self.note.text)
        return merkle.verify_inclusion(index=self.index, size=there.size, leaf=leaf, proof=self.hashes, root=there.root)
