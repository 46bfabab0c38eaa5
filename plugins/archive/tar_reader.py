"""Read a tar from a stream, member by member, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from plugins.archive.limits import ArchiveRefused, Budget, quote
from plugins.archive.names import split_name
from plugins.archive.streams import Stream, pieces
from plugins.archive.tar_headers import BLOCK, ZERO_BLOCK, TarHeader, parse_header, parse_pax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.archive.collector import Collector

_MAX_EXTENSION_BYTES = 256 * 1024
_MAX_EXTENSIONS_BYTES = 16 * 1024 * 1024
"""Of all of them together: reading records is slow."""
_OLD_FILE = "\x00"
_FILES, _FOLDER, _LINKS, _DEVICES, _SPARSE = {"0", _OLD_FILE}, "5", {"1", "2"}, {"3", "4", "6"}, "S"
_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK = "x", "g", "L", "K"
_GLOBAL_FORBIDDEN = {"path", "size", "linkpath", "hdrcharset"}
_SPARSE_KEYS = ("GNU.", "SCHILY.realsize", "SCHILY.filetype", "SUN.holesdata")
"""Beginnings of the vendors' fields that change what is unpacked."""


@dataclass(slots=True)
class _Pending:
    """What extension headers say of the member that follows them."""

    pax: dict[str, str] | None = None
    long_name: bytes | None = None
    seen: list[str] = field(default_factory=list)

    def add(self, kind: str) -> None:
        if kind in self.seen or {*self.seen, kind} >= {_PAX, _LONG_NAME}:
            raise ArchiveRefused(
                "header-mismatch", "A tar entry has two extended headers that could contradict each other."
            )
        self.seen.append(kind)


def read_tar(file: IO[bytes], compression: str, budget: Budget, collector: Collector) -> None:
    """Hand every file of a tar to the collector; `compression` is gz, bz2, xz or "". Raises ArchiveRefused."""
    stream = Stream(pieces(file, compression, budget))
    pending = _Pending()
    headers = extended = 0
    announced = False
    while (block := stream.read(BLOCK)) != ZERO_BLOCK:
        if len(block) < BLOCK:
            raise ArchiveRefused("truncated", "The tar ends too early.")
        header = parse_header(block)
        headers += 1
        if headers > 3 * budget.limits.max_entries:
            raise ArchiveRefused(
                "too-many-entries", f"The archive holds more than {budget.limits.max_entries:,} entries."
            )
        announced = header.kind in {_PAX, _GLOBAL_PAX, _LONG_NAME, _LONG_LINK}
        if announced:
            extended += header.size
            _extend(pending, header, _extension(stream, header, extended))
        else:
            _take(stream, header, pending, budget, collector)
            pending = _Pending()
    if announced:
        raise ArchiveRefused("truncated", "The tar ends too early: its last entry is missing.")
    if any(piece.strip(b"\x00") for piece in stream.rest()):
        raise ArchiveRefused("trailing-data", "The tar's end is followed by other data.")


def _extension(stream: Stream, header: TarHeader, total: int) -> bytes:
    if header.size > _MAX_EXTENSION_BYTES or total > _MAX_EXTENSIONS_BYTES:
        raise ArchiveRefused("too-large", "The tar's extended headers are larger than any honest archive needs.")
    return b"".join(_content(stream, header.size))


def _extend(pending: _Pending, header: TarHeader, raw: bytes) -> None:
    if header.kind == _GLOBAL_PAX:
        stated = parse_pax(raw)
        if _GLOBAL_FORBIDDEN & stated.keys() or _is_sparse(stated):
            raise ArchiveRefused("header-mismatch", "The tar gives all its entries one name or size.")
        return
    pending.add(header.kind)
    if header.kind == _PAX:
        pending.pax = parse_pax(raw)
    elif header.kind == _LONG_NAME:
        pending.long_name = raw.removesuffix(b"\x00")


def _take(stream: Stream, header: TarHeader, pending: _Pending, budget: Budget, collector: Collector) -> None:
    name = _name(header, pending)
    _refuse_kinds(header, pending, name)
    parts = split_name(name, budget.limits)
    if _is_folder(header, pending):
        collector.add_folder(name, parts, header.mode)
    else:
        collector.add_file(name, parts, header.mode, header.size, _content(stream, header.size))


def _name(header: TarHeader, pending: _Pending) -> str:
    raw = header.name if pending.long_name is None else pending.long_name
    try:
        name = (pending.pax or {}).get("path") or raw.decode("utf-8")
        name.encode()
    except UnicodeError:
        raise ArchiveRefused("bad-name", f"An entry's name is not UTF-8: {quote(raw)}.") from None
    return name


def _refuse_kinds(header: TarHeader, pending: _Pending, name: str) -> None:
    pax = pending.pax or {}
    if header.kind in _LINKS or _LONG_LINK in pending.seen or "linkpath" in pax:
        raise ArchiveRefused("link", f"The archive holds a link: {quote(name)}.")
    if header.kind in _DEVICES:
        raise ArchiveRefused("device", f"The archive holds a device or pipe: {quote(name)}.")
    if header.kind == _SPARSE or _is_sparse(pax):
        raise ArchiveRefused(
            "sparse", f"The archive holds a sparse file, which readers unpack differently: {quote(name)}."
        )
    if header.kind not in _FILES and header.kind != _FOLDER:
        raise ArchiveRefused("unsupported", f"The archive holds an entry of an unknown kind: {quote(name)}.")
    if (
        pax.get("path") == ""
        or pax.get("size", str(header.size)) != str(header.size)
        or pax.get("hdrcharset", "UTF-8").endswith("BINARY")
    ):
        raise ArchiveRefused("header-mismatch", f"A tar entry's two headers contradict each other: {quote(name)}.")
    if not _is_folder(header, pending) and name.endswith(("/", "/.")):
        raise ArchiveRefused("header-mismatch", f"A tar entry is a file with the name of a folder: {quote(name)}.")
    if header.size and _is_folder(header, pending):
        raise ArchiveRefused("header-mismatch", f"A tar entry is a folder and has content: {quote(name)}.")


def _is_folder(header: TarHeader, pending: _Pending) -> bool:
    """By its kind; in tars from before there was one, by the slash at the end, which Python looks for in this block."""
    renamed = pending.long_name is not None or "path" in (pending.pax or {})
    return header.kind == _FOLDER or (header.kind == _OLD_FILE and header.name.endswith(b"/") and not renamed)


def _is_sparse(pax: dict[str, str]) -> bool:
    return any(key.startswith(_SPARSE_KEYS) for key in pax)


def _content(stream: Stream, size: int) -> Iterator[bytes]:
    """Give a member's content and step over its padding; raises ArchiveRefused `truncated`."""
    left = size
    for piece in stream.copy(size):
        left -= len(piece)
        yield piece
    padding = -size % BLOCK
    if left or len(stream.read(padding)) < padding:
        raise ArchiveRefused("truncated", "The archive ends too early: a file in it is cut off.")
