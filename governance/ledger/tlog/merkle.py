"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs, and their verification as in RFC 9162, section 2.1.

A complete subtree is named by level and index: at level `l` the one of index `i` has the leaves from `i * 2**l` up to,
but not with, `(i + 1) * 2**l`. Whoever stores such hashes hands in a reader; nothing here keeps a tree.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
LONGEST_PROOF = 63
"""Hashes in a proof: no tree has 2**63 leaves."""

ReadSubtree = Callable[[int, int], bytes]
"""Level and index to the hash of that complete subtree."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of equal level. Their number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


class Frontier:
    """The right edge of a growing tree: the complete subtrees it is made of, largest first."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        self.hashes.append(leaf)
        self.size += 1
        complete = self.size
        while not complete & 1:
            right = self.hashes.pop()
            self.hashes[-1] = node_hash(self.hashes[-1], right)
            complete >>= 1

    def root(self) -> bytes:
        """The root of the tree so far."""
        return _joined(self.hashes) if self.hashes else EMPTY_ROOT


def subtrees(low: int, high: int) -> list[tuple[int, int]]:
    """The complete subtrees, as (level, index), that leaves `low` up to `high` consist of, from left to right."""
    parts = []
    while low < high:
        level = (high - low).bit_length() - 1
        if low:
            level = min(level, (low & -low).bit_length() - 1)
        parts.append((level, low >> level))
        low += 1 << level
    return parts


def frontier(size: int, read: ReadSubtree) -> Frontier:
    """The right edge of the tree over the first `size` leaves."""
    return Frontier(size, [read(level, index) for level, index in subtrees(0, size)])


def root(size: int, read: ReadSubtree) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return frontier(size, read).root()


def inclusion_proof(index: int, size: int, read: ReadSubtree) -> list[bytes]:
    """The hashes that lead from a leaf to the root, from the leaf's sibling up. Raises ValueError outside the tree."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    low, high, beside = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            beside.append((middle, high))
            high = middle
        else:
            beside.append((low, middle))
            low = middle
    return [_range(low, high, read) for low, high in reversed(beside)]


def consistency_proof(first: int, second: int, read: ReadSubtree) -> list[bytes]:
    """The hashes that show a tree of `second` leaves to extend its first `first` ones; none for an empty or equal tree.

    Raises ValueError where `first` is larger than `second`.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} does not extend one of {first}")
    if first in {0, second}:
        return []
    low, high, beside, from_the_start = 0, second, [], True
    while first != high:
        middle = low + _split(high - low)
        if first <= middle:
            beside.append((middle, high))
            high = middle
        else:
            beside.append((low, middle))
            low, from_the_start = middle, False
    if not from_the_start:
        beside.append((low, high))
    return [_range(low, high, read) for low, high in reversed(beside)]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` leads from the leaf hash at `index` to the root of a tree of `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(beside, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `second` leaves begins with that of `first` (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:  # everything extends the empty tree
        return not proof and first_root == EMPTY_ROOT
    hashes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not hashes:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(count: int) -> int:
    """The largest power of two below `count`, which is more than one: where RFC 6962 parts a tree."""
    return 1 << (count - 1).bit_length() - 1


def _range(low: int, high: int, read: ReadSubtree) -> bytes:
    return _joined([read(level, index) for level, index in subtrees(low, high)])


def _joined(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))
