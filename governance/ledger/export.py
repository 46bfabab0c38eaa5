"""The log as files that any web server can give out: static tiles, bundles of leaves and the checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledger import sequencer
from governance.ledger.checkpoints import make_checkpoint, note_of
from governance.ledger.errors import LogForked, NotInTree
from governance.ledger.files import write
from governance.ledger.tlog import tiles
from governance.ledger.tlog.merkle import leaf_hash
from governance.ledger.tree import StoredTree
from governance.models.ledger import LedgerEntry, LedgerLeaf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def export(folder: Path) -> int:
    """Write the tree of the newest checkpoint below `folder`; returns its size. Complete tiles there stay as they are.

    Raises:
        LedgerError: no checkpoint can be made, or an entry is not what its leaf says.
        OSError: the folder cannot be written.
    """
    checkpoint = make_checkpoint()
    for level, number, width in tiles.tiles_of(checkpoint.size):
        path = folder / tiles.tile_path(level, number, width)
        if width < tiles.WIDTH or not path.exists():
            write(path, _tile(level, number, width))
        if level == 0:
            path = folder / tiles.bundle_path(number, width)
            if width < tiles.WIDTH or not path.exists():
                write(path, tiles.bundle(_entries(number * tiles.WIDTH, width)))
    write(folder / "checkpoint", note_of(checkpoint).encode())  # last: whatever it names is there
    return checkpoint.size


def _tile(level: int, number: int, width: int) -> bytes:
    hashes = StoredTree().tile(level, number)
    first = number * tiles.WIDTH
    try:
        return b"".join(hashes[place] for place in range(first, first + width))
    except KeyError as missing:
        raise NotInTree(f"Tile {level}/{number} has no hash {missing}: run `manage.py ledger verify`.") from None


def _entries(start: int, count: int) -> Iterator[bytes]:
    leaves = list(LedgerLeaf.objects.filter(index__gte=start, index__lt=start + count).order_by("index"))
    rows = LedgerEntry.every.filter(pk__in=[leaf.entry_id for leaf in leaves]).values_list(*sequencer.COLUMNS)
    found = {row[0]: sequencer.row_bytes(row) for row in rows}
    if len(leaves) != count:
        raise NotInTree(f"Leaves from {start} on are missing: run `manage.py ledger verify`.")
    for leaf in leaves:
        data = found.get(leaf.entry_id, b"")
        if leaf_hash(data) != bytes(leaf.hash):
            raise LogForked(f"Entry {leaf.entry_id} is not event {leaf.index}: run `manage.py ledger verify`.")
        yield data
