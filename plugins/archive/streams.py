"""Decompress a stream under a budget, in small pieces, to its very end."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import IO, TYPE_CHECKING, Protocol

from plugins.archive.limits import MIB, ArchiveRefused, Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 64 * 1024
_XZ_MEMORY = 72 * MIB
"""What `xz -9` needs to unpack, and a little."""
_GZIP_WBITS = zlib.MAX_WBITS | 16


class _Engine(Protocol):
    """What the three decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def _engine(kind: str) -> _Engine:
    if kind == "gz":
        return zlib.decompressobj(_GZIP_WBITS)
    if kind == "bz2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def pieces(file: IO[bytes], kind: str, budget: Budget) -> Iterator[bytes]:
    """Give the content of a stream of `kind` (`gz`, `bz2`, `xz`, or `` for none) in pieces of at most CHUNK bytes.

    Raises ArchiveRefused: `truncated`, `damaged`, `trailing-data`, and what the budget refuses.
    """
    for piece in _decompressed(file, kind) if kind else iter(lambda: file.read(CHUNK), b""):
        budget.spend(len(piece))
        yield piece


def _decompressed(file: IO[bytes], kind: str) -> Iterator[bytes]:
    engine = _engine(kind)
    waiting = b""
    try:
        while not engine.eof:
            if not waiting and getattr(engine, "needs_input", True):
                waiting = file.read(CHUNK)
                if not waiting:
                    raise ArchiveRefused("truncated", "The archive ends too early.")
            if piece := engine.decompress(waiting, CHUNK):
                yield piece
            waiting = getattr(engine, "unconsumed_tail", b"")
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError):
        raise ArchiveRefused("damaged", "The archive's compressed data are damaged.") from None
    _refuse_trailing(engine.unused_data, file)


def _refuse_trailing(rest: bytes, file: IO[bytes]) -> None:
    """Only zeros may follow the compressed stream: a second one is what some readers take and others drop."""
    while rest := rest or file.read(CHUNK):
        if rest.strip(b"\x00"):
            raise ArchiveRefused("trailing-data", "The compressed stream is followed by other data.")
        rest = b""


class Stream:
    """A forward-only reader over pieces."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._piece = b""
        self._at = 0

    def read(self, count: int) -> bytes:
        """Read `count` bytes; fewer only at the end."""
        return b"".join(self.copy(count))

    def copy(self, count: int) -> Iterator[bytes]:
        """Give the next `count` bytes in pieces; fewer only at the end."""
        while count and self._fill():
            part = self._piece[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            yield part

    def rest(self) -> Iterator[bytes]:
        """Give all that is left."""
        while self._fill():
            part = self._piece[self._at :]
            self._at = len(self._piece)
            yield part

    def _fill(self) -> bool:
        while self._at == len(self._piece):
            piece = next(self._source, None)
            if piece is None:
                return False
            self._piece, self._at = piece, 0
        return True
