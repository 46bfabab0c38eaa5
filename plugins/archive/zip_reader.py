"""Read a zip record by record: every local header must say what the central directory says, without gap or overlap."""

from __future__ import annotations

import stat
import struct
import zlib
from typing import IO, TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.archive.limits import ArchiveRefused, Budget, quote
from plugins.archive.names import split_name
from plugins.archive.zip_records import Directory, ZipEntry, big_values, read_directory, read_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.archive.collector import Collector

_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC, _DESCRIPTOR_MAGIC = b"PK\x03\x04", b"PK\x07\x08"
_BIG = 0xFFFFFFFF
_CHUNK = 64 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
_DESCRIPTOR, _PATCH, _UTF8 = 1 << 3, 1 << 5, 1 << 11
_COMPARED_FLAGS = _ENCRYPTED | _DESCRIPTOR | _PATCH | _UTF8


def read_zip(file: IO[bytes], size: int, budget: Budget, collector: Collector) -> None:
    """Hand every file of a zip of `size` bytes to the collector; raises ArchiveRefused."""
    directory = read_directory(file, size, budget.limits)
    for entry in directory.entries:
        _refuse_features(entry)
    budget.check(sum(entry.size for entry in directory.entries))
    _note_comments(directory, collector)
    _walk(file, directory, budget, collector)


def _walk(file: IO[bytes], directory: Directory, budget: Budget, collector: Collector) -> None:
    """Go through the file from its first byte; each record must begin where the one before ended."""
    at = 0
    ends = [entry.offset for entry in directory.entries[1:]] + [directory.start]
    for entry, end in zip(directory.entries, ends, strict=False):
        if entry.offset != at:
            kind = "overlap" if entry.offset < at else "hidden-data"
            raise ArchiveRefused(kind, f"The zip holds overlapping or unlisted data before {quote(entry.name)}.")
        data = _check_local(file, entry, end)
        _take(file, entry, data, budget, collector)
        at = end


def _refuse_features(entry: ZipEntry) -> None:
    name = quote(entry.name)
    kind = stat.S_IFMT(entry.mode)
    if entry.flags & _ENCRYPTED:
        raise ArchiveRefused("encrypted", f"The zip is encrypted ({name}); it cannot be examined.")
    if entry.flags & _PATCH or entry.method not in {_STORED, _DEFLATED}:
        raise ArchiveRefused("unsupported", f"An entry is compressed in another way than deflate, or none: {name}.")
    if kind == stat.S_IFLNK:
        raise ArchiveRefused("link", f"The archive holds a symbolic link: {name}.")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ArchiveRefused("device", f"The archive holds a device, pipe or socket: {name}.")
    folder = entry.name.endswith(b"/")
    if ((kind == stat.S_IFDIR or entry.dos_folder) and not folder) or (folder and entry.size):
        raise ArchiveRefused("header-mismatch", f"An entry is a folder by one field and a file by another: {name}.")
    if entry.method == _STORED and entry.packed != entry.size:
        raise ArchiveRefused("header-mismatch", f"An entry's two sizes contradict each other: {name}.")
    if entry.method == _STORED and entry.flags & _DESCRIPTOR and entry.size:
        raise ArchiveRefused("unsupported", f"An entry is stored without stating its size first: {name}.")


def _note_comments(directory: Directory, collector: Collector) -> None:
    if directory.comment or any(entry.comment for entry in directory.entries):
        collector.notes.add("archive-comment", Severity.INFO, "", "The zip carries comments, which no platform shows.")


def _check_local(file: IO[bytes], entry: ZipEntry, end: int) -> int:
    """Compare an entry's local header and descriptor with the directory; gives where its data begin."""
    file.seek(entry.offset)
    raw = file.read(_LOCAL.size)
    if len(raw) < _LOCAL.size or not raw.startswith(_LOCAL_MAGIC):
        raise ArchiveRefused("header-mismatch", f"The zip lists an entry that is not there: {quote(entry.name)}.")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(raw)
    name = file.read(name_length)
    extra = read_extra(file.read(extra_length), name)
    if name != entry.name:
        message = f"An entry has two names: {quote(entry.name)} and {quote(name)}."
        raise ArchiveRefused("header-mismatch", message)
    size, packed = big_values(extra, (size, _BIG), (packed, _BIG))
    stated, expected = (crc, packed, size), (entry.crc, entry.packed, entry.size)
    later = bool(entry.flags & _DESCRIPTOR) and not any(stated)
    same_kind = method == entry.method and (flags ^ entry.flags) & _COMPARED_FLAGS == 0
    if not same_kind or (stated != expected and not later):
        raise ArchiveRefused("header-mismatch", f"An entry's two headers contradict each other: {quote(name)}.")
    data = file.tell()
    _check_descriptor(file, entry, data + entry.packed, end)
    return data


def _check_descriptor(file: IO[bytes], entry: ZipEntry, at: int, end: int) -> None:
    """What lies between an entry's data and the next record must be its data descriptor, or nothing."""
    if at > end:
        raise ArchiveRefused("overlap", f"An entry reaches into the next one: {quote(entry.name)}.")
    file.seek(at)
    raw = file.read(min(end - at, 64))
    allowed = {b""}
    if entry.flags & _DESCRIPTOR:
        bodies = [struct.pack("<L2Q", entry.crc, entry.packed, entry.size)]
        if max(entry.packed, entry.size) <= _BIG:
            bodies.append(struct.pack("<3L", entry.crc, entry.packed, entry.size))
        allowed = {magic + body for magic in (b"", _DESCRIPTOR_MAGIC) for body in bodies}
    if raw not in allowed:
        message = f"The zip holds unlisted data, or a wrong descriptor, behind {quote(entry.name)}."
        raise ArchiveRefused("hidden-data", message)


def _take(file: IO[bytes], entry: ZipEntry, data: int, budget: Budget, collector: Collector) -> None:
    try:
        name = entry.name.decode("utf-8")
    except UnicodeDecodeError:
        raise ArchiveRefused("bad-name", f"An entry's name is not UTF-8: {quote(entry.name)}.") from None
    parts = split_name(name, budget.limits)
    if not name.isascii() and not entry.flags & _UTF8:
        message = "The name is not marked as UTF-8; some readers show and unpack another one."
        collector.notes.add("name-encoding", Severity.LOW, "/".join(parts), message)
    file.seek(data)
    chunks = _unpacked(file, entry, budget)
    if name.endswith("/"):
        collector.add_folder(name, parts, entry.mode)
        for _ in chunks:
            pass
    else:
        collector.add_file(name, parts, entry.mode, entry.size, chunks)


def _unpacked(file: IO[bytes], entry: ZipEntry, budget: Budget) -> Iterator[bytes]:
    """Give an entry's content in small pieces; its real size and checksum must be the stated ones."""
    crc, size = 0, 0
    for chunk in _inflated(file, entry) if entry.method == _DEFLATED else _stored(file, entry):
        size += len(chunk)
        if size > entry.size:
            raise ArchiveRefused("header-mismatch", f"An entry is longer than its header says: {quote(entry.name)}.")
        budget.spend(len(chunk))
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size != entry.size or crc != entry.crc:
        raise ArchiveRefused("damaged", f"An entry's content does not match its checksum: {quote(entry.name)}.")


def _stored(file: IO[bytes], entry: ZipEntry) -> Iterator[bytes]:
    left = entry.packed
    while left and (chunk := file.read(min(left, _CHUNK))):
        left -= len(chunk)
        yield chunk


def _inflated(file: IO[bytes], entry: ZipEntry) -> Iterator[bytes]:
    engine, left, waiting = zlib.decompressobj(-zlib.MAX_WBITS), entry.packed, b""
    try:
        while not engine.eof:
            if not waiting:
                waiting = file.read(min(left, _CHUNK))
                left -= len(waiting)
            chunk = engine.decompress(waiting, _CHUNK)
            if not (chunk or waiting):
                break
            yield chunk
            waiting = engine.unconsumed_tail
    except zlib.error:
        raise ArchiveRefused("damaged", f"An entry's content is damaged: {quote(entry.name)}.") from None
    if not engine.eof or left or waiting or engine.unused_data:
        raise ArchiveRefused("header-mismatch", f"An entry's packed size is not the real one: {quote(entry.name)}.")
