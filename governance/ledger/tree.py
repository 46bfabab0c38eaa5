"""The stored tree, read tile by tile: a proof asks for two tiles a level, whatever the size."""

from __future__ import annotations

from governance.ledger.errors import NotInTree
from governance.ledger.tlog.merkle import complete_root
from governance.ledger.tlog.tiles import BITS, WIDTH
from governance.models.ledger import LedgerLeaf, LedgerNode


class StoredTree:
    """Gives hashes of complete subtrees. Keeps the tiles it has read: make a new one for each piece of work."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], dict[int, bytes]] = {}

    def read(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree, by its level and index in the binary tree.

        Raises:
            NotInTree: rows it is made of are not there.
        """
        tile_level, above = divmod(level, BITS)
        first, count = index << above, 1 << above
        tile = self.tile(tile_level, first // WIDTH)
        try:
            return complete_root([tile[place] for place in range(first, first + count)])
        except KeyError as missing:
            raise NotInTree(f"The tree has no hash {missing.args[0]} at tile level {tile_level}.") from None

    def tile(self, level: int, number: int) -> dict[int, bytes]:
        """The hashes of one tile, as many as there are, by their index at its level."""
        if (level, number) not in self._tiles:
            within = (number * WIDTH, (number + 1) * WIDTH - 1)
            rows = (
                LedgerNode.objects.filter(level=level, index__range=within)
                if level
                else LedgerLeaf.objects.filter(index__range=within)
            )
            self._tiles[level, number] = {place: bytes(found) for place, found in rows.values_list("index", "hash")}
        return self._tiles[level, number]
