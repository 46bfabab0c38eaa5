"""Recompute the tree from the rows: entry to leaf, leaves to nodes and roots, roots to what was signed.

A tile of 256 leaves at a time, so that memory stays the same whatever the size. Where an entry and its leaf disagree,
the node above or the next signed root tells which of the two was changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledger import outside, sequencer
from governance.ledger.errors import LedgerError, NotInTree
from governance.ledger.note_check import NoteCheck
from governance.ledger.tlog import merkle
from governance.ledger.tlog.tiles import WIDTH
from governance.ledger.tree import StoredTree
from governance.models.ledger import LedgerCheckpoint, LedgerEntry, LedgerLeaf, LedgerNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.ledger.problems import Problems

ENTRIES, LEAVES, NODES, SIGNED = (
    model._meta.db_table  # noqa: SLF001 - Django's public name
    for model in (LedgerEntry, LedgerLeaf, LedgerNode, LedgerCheckpoint)
)
TILES_AT_ONCE = 8
Signed = tuple[int, bytes, str, str]
"""Size and root of a checkpoint, and the table and row, or the place and file, that has it."""


class TreeCheck:
    """One pass over the leaves from an index on."""

    def __init__(self, problems: Problems, *, origin: str, since: int = 0) -> None:
        self.problems = problems
        self.size = sequencer.next_index()
        if since > self.size:
            raise NotInTree(f"The ledger has {self.size} events: there is no checkpoint of {since} to begin with.")
        if since and not LedgerCheckpoint.objects.filter(size=since).exists():
            raise NotInTree(f"There is no checkpoint of size {since} to begin with.")
        self.begin = since // WIDTH * WIDTH
        self.signed = 0
        self._edge = merkle.frontier(self.begin, StoredTree().read)
        self._above: dict[int, list[bytes]] = {}
        self._doubts: list[tuple[int, int]] = []
        self._true_edge: merkle.Frontier | None = None
        self._broken = False
        self._checkpoints = _signed(problems, origin, self.begin)
        self._next = next(self._checkpoints, None)

    def run(self) -> bytes:
        """Check everything; returns the root of the leaves as they are stored."""
        self._compare_signed()
        for start in range(self.begin, self.size, TILES_AT_ONCE * WIDTH):
            self._check_tiles(start, min(start + TILES_AT_ONCE * WIDTH, self.size))
        self._settle(leaf_is_wrong=False)
        while self._next is not None:
            size, _root, table, row = self._next
            self.problems.add(table, row, f"{size} events were signed, and the ledger has {self.size}")
            self._next = next(self._checkpoints, None)
        self._check_surplus_nodes()
        for index in LedgerLeaf.objects.filter(index__lt=0).order_by("index").values_list("index", flat=True):
            self.problems.add(LEAVES, index, "this leaf lies before the first one")
        return self._edge.root()

    def _check_tiles(self, start: int, end: int) -> None:
        leaves = {
            index: (entry, bytes(found))
            for index, entry, found in LedgerLeaf.objects.filter(index__gte=start, index__lt=end).values_list(
                "index", "entry_id", "hash"
            )
        }
        wanted = [entry for entry, _found in leaves.values()]
        rows = LedgerEntry.every.filter(pk__in=wanted).values_list(*sequencer.COLUMNS)
        hashes = {row[0]: merkle.leaf_hash(sequencer.row_bytes(row)) for row in rows}
        below = LedgerNode.objects.filter(level=1, index__gte=start // WIDTH, index__lt=end // WIDTH)
        nodes = {index: bytes(found) for index, found in below.values_list("index", "hash")}
        for first in range(start, end, WIDTH):
            stored = []
            for index in range(first, min(first + WIDTH, end)):
                if index in leaves:
                    entry, found = leaves[index]
                    stored.append((found, self._check_leaf(index, entry, found, hashes.get(entry))))
                else:
                    self._broken = True
                    self.problems.add(LEAVES, index, "this leaf is missing")
            if len(stored) == WIDTH:
                self._check_node(1, first // WIDTH, stored, nodes)

    def _check_leaf(self, index: int, entry: int, stored: bytes, computed: bytes | None) -> bytes:
        """Compare one leaf with its entry; returns the hash the entry stands for."""
        if computed is None:
            self.problems.add(ENTRIES, entry, f"this entry is missing, event {index} of the tree")
        elif computed != stored:
            self._doubts.append((index, entry))
            if self._true_edge is None:
                self._true_edge = merkle.Frontier(self._edge.size, self._edge.hashes)
        self._edge.append(stored)
        if self._true_edge is not None:
            self._true_edge.append(computed or stored)
        self._compare_signed()
        return computed or stored

    def _check_node(self, level: int, number: int, pairs: list[tuple[bytes, bytes]], nodes: dict[int, bytes]) -> None:
        """Compare a complete tile with the node above it; `pairs` are hashes as stored and as computed."""
        stored = merkle.complete_root([pair[0] for pair in pairs])
        node = nodes.get(number)
        if node is None:
            self.problems.add(NODES, f"{level}/{number}", "this node is missing")
        elif node != stored:
            if self._doubts and node == merkle.complete_root([pair[1] for pair in pairs]):
                self._settle(leaf_is_wrong=True)
            else:
                self.problems.add(NODES, f"{level}/{number}", "this node is not the root of what is below it")
        elif level == 1:
            self._settle(leaf_is_wrong=False)
        row = self._above.setdefault(level, [])
        if len(row) == number % WIDTH and not self._broken:
            row.append(stored)
        if len(row) == WIDTH:
            self._above[level] = []
            above = LedgerNode.objects.filter(level=level + 1, index=number // WIDTH).values_list("index", "hash")
            found = {index: bytes(each) for index, each in above}
            self._check_node(level + 1, number // WIDTH, [(each, each) for each in row], found)

    def _compare_signed(self) -> None:
        """Compare with every checkpoint of the size reached so far."""
        while self._next is not None and self._next[0] <= self._edge.size and not self._broken:
            size, root, table, row = self._next
            self.signed += 1
            if size == self._edge.size and root != self._edge.root():
                if self._true_edge is not None and root == self._true_edge.root():
                    self._settle(leaf_is_wrong=True)
                else:
                    self.problems.add(table, row, f"the first {size} events of the ledger are not those it signed")
            elif self._doubts:
                self._settle(leaf_is_wrong=False)
            self._next = next(self._checkpoints, None)

    def _settle(self, *, leaf_is_wrong: bool) -> None:
        """Say which of the two was changed where an entry and its leaf disagree."""
        for index, entry in self._doubts:
            if leaf_is_wrong:
                self.problems.add(LEAVES, index, f"this leaf was changed: it is not that of entry {entry}")
            else:
                self.problems.add(ENTRIES, entry, f"this entry was changed: it is not event {index} of the tree")
        self._doubts = []

    def _check_surplus_nodes(self) -> None:
        for level, index in LedgerNode.objects.order_by("level", "index").values_list("level", "index").iterator(500):
            if level < 1 or index < 0 or (index + 1) * WIDTH**level > self.size:
                self.problems.add(NODES, f"{level}/{index}", "this node belongs to no complete tile")


def _signed(problems: Problems, origin: str, begin: int) -> Iterator[Signed]:
    """Everything that was signed from this size on, smallest first: rows, and what is kept outside."""
    try:
        kept = sorted(((found.size, found.root, "file", str(path)) for path, found in outside.kept(origin)))
    except LedgerError as problem:
        problems.add("file", "outside the database", str(problem))
        kept = []
    waiting = [each for each in kept if each[0] >= begin]
    check_note = NoteCheck(problems)
    rows = LedgerCheckpoint.objects.filter(size__gte=begin).order_by("size", "id").prefetch_related("cosignatures")
    for row in rows.iterator(500):
        check_note(row)
        while waiting and waiting[0][0] <= row.size:
            yield waiting.pop(0)
        yield row.size, bytes(row.root), SIGNED, str(row.pk)
    yield from waiting
