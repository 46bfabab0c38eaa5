import pytest

from governance.ledger.tlog import tiles


def test_tiles_lie_where_c2sp_says():
    assert tiles.tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tiles.tile_path(2, 0, 5) == "tile/2/000.p/5"
    assert tiles.bundle_path(1000, 255) == "tile/entries/x001/000.p/255"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, []),
        (1, [(0, 0, 1)]),
        (256, [(0, 0, 256), (1, 0, 1)]),
        (70_000, [*((0, n, 256) for n in range(273)), (0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]),
    ],
)
def test_a_tree_has_these_tiles(size, expected):
    assert list(tiles.tiles_of(size)) == expected


def test_a_bundle_counts_each_leaf_in_two_bytes():
    assert tiles.bundle([b"", b"abc"]) == b"\0\0\0\3abc"
    with pytest.raises(ValueError, match="65,536 bytes"):
        tiles.bundle([b"x" * 65_536])
