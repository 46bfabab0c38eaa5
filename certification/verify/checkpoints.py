"""C2SP checkpoints and inclusion proofs: that an entry is in a log whose head somebody signed.

Sources: c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof@v1, RFC 6962 section 2.1 (hashes), RFC 9162 section 2.1.3.2
(verifying an inclusion proof).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from .canonical import LARGEST
from .envelope import decode_base64
from .errors import ProblemError
from .notes import Note, read_note

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
HASH_SIZE = 32
MOST_HASHES = 63
"""Of an inclusion proof: the depth of a tree with 2^63 leaves."""
DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
CHECKPOINT = "the checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree, with nothing proven: its signatures are in `note`."""

    origin: str
    size: int
    root: bytes
    note: Note
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof file, taken apart."""

    index: int
    path: tuple[bytes, ...]
    """Hashes from the leaf's sibling up to the child of the root."""
    checkpoint: Checkpoint
    extra: bytes | None = None
    """What the file carries besides; nobody signed it."""


def read_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint, proving only its form. Raises ProblemError."""
    note = read_note(data, CHECKPOINT)
    origin, *lines = note.text[:-1].split("\n")
    if len(lines) < 2 or not origin or not all(lines):  # noqa: PLR2004 - size and root
        raise ProblemError("the checkpoint is not made of origin, size and root, a line each")
    size, root, *extensions = lines
    return Checkpoint(origin, _whole(size, "the checkpoint's size"), _hash(root, "the root"), note, tuple(extensions))


def read_proof(data: bytes) -> Proof:
    """Read a tlog-proof file, proving only its form. Raises ProblemError."""
    try:
        head, blank, checkpoint = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise ProblemError("the proof is not UTF-8 text") from error
    first, *lines = head.split("\n")
    if first != PROOF_HEADER or not blank:
        raise ProblemError(f'the proof is not of the form "{PROOF_HEADER}"')
    extra = decode_base64(lines.pop(0)[6:], "the proof's extra data") if lines and lines[0][:6] == "extra " else None
    if not lines or not lines[0].startswith("index "):
        raise ProblemError("the proof names no index")
    index = _whole(lines.pop(0)[6:], "the proof's index")
    if len(lines) > MOST_HASHES:
        raise ProblemError("the proof has more hashes than any tree is deep")
    path = tuple(_hash(line, "a hash of the proof") for line in lines)
    return Proof(index, path, read_checkpoint(checkpoint.encode()), extra)


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def check_inclusion(entry: bytes, proof: Proof) -> None:
    """Check that an entry is the leaf at the proof's index of the proof's checkpoint. Raises ProblemError."""
    if proof.index >= proof.checkpoint.size:
        raise ProblemError(
            f"the log entry {proof.index} lies beyond the checkpoint, which covers {proof.checkpoint.size}"
        )
    if _root(leaf_hash(entry), proof) != proof.checkpoint.root:
        raise ProblemError("the proof does not lead from the log entry to the checkpoint's root")


def _root(leaf: bytes, proof: Proof) -> bytes:
    """Climb from a leaf to the root (RFC 9162, 2.1.3.2). Raises ProblemError for a path of the wrong length."""
    place, last, node = proof.index, proof.checkpoint.size - 1, leaf
    for sibling in proof.path:
        if last == 0:
            raise ProblemError("the proof is longer than the tree is deep")
        if place % 2 or place == last:
            node = _parent(sibling, node)
            while place and not place % 2:
                place, last = place >> 1, last >> 1
        else:
            node = _parent(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProblemError("the proof is shorter than the tree is deep")
    return node


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _whole(text: str, what: str) -> int:
    """Read an ASCII decimal without leading zeros; what JSON could not hold exactly is too large for us."""
    if not DECIMAL.fullmatch(text) or int(text) > LARGEST:
        raise ProblemError(f"{what} is not a whole number without leading zeros")
    return int(text)


def _hash(text: str, what: str) -> bytes:
    value = decode_base64(text, what)
    if len(value) != HASH_SIZE:
        raise ProblemError(f"{what} is not a SHA-256 in base64")
    return value
