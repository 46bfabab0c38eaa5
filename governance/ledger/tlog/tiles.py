"""Tiles (c2sp.org/tlog-tiles): a tree as files that any web server can give out.

A tile has up to 256 hashes of one level; those of tile level `l` are of complete subtrees of `256**l` leaves. A bundle
has the bytes of as many leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WIDTH, BITS = 256, 8
"""Hashes in a complete tile, and the levels of the tree it spans."""
LARGEST_ENTRY = 0xFFFF
"""Bytes of a leaf: a bundle counts them in 16 bits."""


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """Where a tile of hashes lies; `width` is below 256 for the last, incomplete one."""
    return f"tile/{level}/{_place(number, width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """Where a bundle of leaves lies."""
    return f"tile/entries/{_place(number, width)}"


def bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of leaves, each behind its length. Raises ValueError for one that is too large."""
    parts = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise ValueError(f"a leaf of {len(entry):,} bytes fits in no bundle")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Level, number and width of every tile of a tree with `size` leaves."""
    level, count = 0, size
    while count:
        yield from ((level, number, WIDTH) for number in range(count // WIDTH))
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level, count = level + 1, count // WIDTH


def _place(number: int, width: int) -> str:
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    partial = f".p/{width}" if width < WIDTH else ""
    return "/".join(reversed(groups)) + partial
