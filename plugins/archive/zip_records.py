"""The end record and the central directory of a zip, read raw and believed only where they agree.

Source: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5. Stricter than any extractor: one disk, no gaps, no second
end record, no data behind the end, no disputed extra fields.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

from plugins.archive.limits import ArchiveLimits, ArchiveRefused, quote

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
END_MAGIC = b"PK\x05\x06"
_END64_MAGIC, _LOCATOR64_MAGIC, _CENTRAL_MAGIC = b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02"
_TAIL = _END.size + 0xFFFF
_BIG, _BIG_SHORT = 0xFFFFFFFF, 0xFFFF
_MAX_DIRECTORY_BYTES = 32 * 1024 * 1024
_ZIP64_EXTRA, _UNICODE_PATH_EXTRA = 0x0001, 0x7075
_MODE_EXTRAS = {0x756E, 0x6C78}
"""Info-ZIP's and libarchive's second statement of an entry's kind: it could be a link to them alone."""
_MAX_EXTRAS = 100
_DOS_FOLDER = 0x10


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One entry as the central directory states it."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    """Unix mode, or 0."""
    dos_folder: bool
    """Whether the MS-DOS attributes make it a folder, as libarchive reads them."""
    comment: bytes


@dataclass(frozen=True, slots=True)
class Directory:
    """The central directory: its entries by place in the file, and where it begins."""

    entries: tuple[ZipEntry, ...]
    start: int
    comment: bytes


def plausible_end(tail: bytes, size: int) -> bool:
    """Whether `tail`, the last bytes of a file of `size` bytes, ends as a zip does; for finding polyglots."""
    base = size - len(tail)
    for at in _positions(tail):
        if at + _END.size <= len(tail):
            fields = _END.unpack_from(tail, at)
            start = at - fields[5]
            fits = fields[3] == fields[4] and fields[5] + fields[6] <= base + at
            big = tail[max(0, at - _LOCATOR64.size) : at].startswith(_LOCATOR64_MAGIC)
            if big or (fits and fields[4] and (start < 0 or tail[start : start + 4] == _CENTRAL_MAGIC)):
                return True
    return False


def read_tail(file: IO[bytes], size: int) -> bytes:
    """Read the part of a file in which a zip's end record must lie."""
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def read_directory(file: IO[bytes], size: int, limits: ArchiveLimits) -> Directory:
    """Read end record and central directory of a zip of `size` bytes; raises ArchiveRefused."""
    tail = read_tail(file, size)
    at = _find_end(tail)
    fields = _END.unpack_from(tail, at)
    end = size - len(tail) + at
    count, length, start, directory_end = _totals(file, fields, end)
    if count > limits.max_entries:
        raise ArchiveRefused("too-many-entries", f"The archive holds more than {limits.max_entries:,} entries.")
    if start + length != directory_end:
        raise ArchiveRefused("header-mismatch", "The zip's table of contents is not where its end record says.")
    if length > _MAX_DIRECTORY_BYTES:
        raise ArchiveRefused("too-large", "The zip's table of contents is larger than any honest archive needs.")
    file.seek(start)
    entries = _entries(file.read(length), count)
    return Directory(tuple(sorted(entries, key=lambda entry: entry.offset)), start, tail[at + _END.size :])


def _positions(tail: bytes) -> list[int]:
    found, at = [], tail.find(END_MAGIC)
    while at >= 0:
        found.append(at)
        at = tail.find(END_MAGIC, at + 1)
    return found


def _find_end(tail: bytes) -> int:
    complete = [at for at in _positions(tail) if at + _END.size <= len(tail)]
    exact = [at for at in complete if at + _END.size + _END.unpack_from(tail, at)[7] == len(tail)]
    if len(exact) > 1:
        raise ArchiveRefused("polyglot", "The zip has two end records, so that readers disagree about what is in it.")
    if exact:
        if END_MAGIC in tail[exact[0] + 4 :]:
            raise ArchiveRefused("polyglot", "The zip's comment holds another end record, so that readers disagree.")
        return exact[0]
    if any(at + _END.size + _END.unpack_from(tail, at)[7] < len(tail) for at in complete):
        raise ArchiveRefused("trailing-data", "The zip is followed by other data.")
    raise ArchiveRefused("truncated", "The zip ends too early: its table of contents is missing.")


def _totals(file: IO[bytes], fields: tuple[int, ...], end: int) -> tuple[int, int, int, int]:
    """Give count, length and start of the directory, and where it must end; merges in the zip64 record."""
    _, disk, directory_disk, count_here, count, length, start, _ = fields
    file.seek(max(0, end - _LOCATOR64.size))
    locator = file.read(_LOCATOR64.size)
    if not (locator.startswith(_LOCATOR64_MAGIC) and len(locator) == _LOCATOR64.size):
        if disk or directory_disk or count_here != count:
            raise ArchiveRefused("unsupported", "The zip is one part of several; only whole archives are taken.")
        return count, length, start, end
    at = end - _LOCATOR64.size - _END64.size
    file.seek(max(0, at))
    raw = file.read(_END64.size)
    if at < 0 or _LOCATOR64.unpack(locator)[1:] != (0, at, 1) or not raw.startswith(_END64_MAGIC):
        raise ArchiveRefused("header-mismatch", "The zip's zip64 end record is not where its locator says.")
    _, own_size, _, _, disk64, directory_disk64, here64, count64, length64, start64 = _END64.unpack(raw)
    short = (
        (count, count64, _BIG_SHORT),
        (count_here, here64, _BIG_SHORT),
        (length, length64, _BIG),
        (start, start64, _BIG),
    )
    agree = all(small in {large, sentinel} for small, large, sentinel in short)
    parts = (disk not in {0, _BIG_SHORT}) or (directory_disk not in {0, _BIG_SHORT})
    if parts or not agree or here64 != count64 or disk64 or directory_disk64 or own_size != _END64.size - 12:
        raise ArchiveRefused("header-mismatch", "The zip's two end records contradict each other.")
    return count64, length64, start64, at


def _entries(raw: bytes, count: int) -> list[ZipEntry]:
    entries: list[ZipEntry] = []
    at = 0
    while at < len(raw):
        if len(entries) == count:
            raise ArchiveRefused("header-mismatch", "The zip's table of contents is longer than its end record says.")
        if len(raw) - at < _CENTRAL.size or raw[at : at + 4] != _CENTRAL_MAGIC:
            raise ArchiveRefused("damaged", "The zip's table of contents is damaged.")
        entry, at = _entry(raw, at)
        entries.append(entry)
    if len(entries) != count:
        raise ArchiveRefused("header-mismatch", "The zip's table of contents is shorter than its end record says.")
    return entries


def _entry(raw: bytes, at: int) -> tuple[ZipEntry, int]:
    fields = _CENTRAL.unpack_from(raw, at)
    flags, method, crc, packed, size = fields[3], fields[4], *fields[7:10]
    name_length, extra_length, comment_length, disk, _, attributes, offset = fields[10:]
    name_end = at + _CENTRAL.size + name_length
    extra_end = name_end + extra_length
    end = extra_end + comment_length
    if end > len(raw):
        raise ArchiveRefused("damaged", "The zip's table of contents is damaged.")
    name = raw[at + _CENTRAL.size : name_end]
    extra = read_extra(raw[name_end:extra_end], name)
    size, packed, offset, disk = big_values(extra, (size, _BIG), (packed, _BIG), (offset, _BIG), (disk, _BIG_SHORT))
    if disk:
        raise ArchiveRefused("unsupported", "The zip is one part of several; only whole archives are taken.")
    comment = raw[extra_end:end]
    return ZipEntry(
        name, flags, method, crc, packed, size, offset, attributes >> 16, bool(attributes & _DOS_FOLDER), comment
    ), end


def read_extra(raw: bytes, name: bytes) -> dict[int, bytes]:
    """Read an extra field into its records; raises ArchiveRefused where readers could disagree about it."""
    records: dict[int, bytes] = {}
    at = 0
    while at < len(raw):
        kind, length = struct.unpack_from("<2H", raw, at) if len(raw) - at >= 4 else (0, _BIG_SHORT)  # noqa: PLR2004
        if at + 4 + length > len(raw):
            raise ArchiveRefused("damaged", f"An entry's extra field is damaged: {quote(name)}.")
        if kind in records and kind in {_ZIP64_EXTRA, _UNICODE_PATH_EXTRA}:
            raise ArchiveRefused("header-mismatch", f"An entry states its size or name twice: {quote(name)}.")
        if kind in _MODE_EXTRAS or len(records) == _MAX_EXTRAS:
            raise ArchiveRefused("unsupported", f"An entry's extra field holds what is not taken: {quote(name)}.")
        records[kind] = raw[at + 4 : at + 4 + length]
        at += 4 + length
    if (other := records.get(_UNICODE_PATH_EXTRA)) is not None and other[5:] != name:
        raise ArchiveRefused("header-mismatch", f"An entry has two names: {quote(name)} and {quote(other[5:])}.")
    return records


def big_values(extra: dict[int, bytes], *values: tuple[int, int]) -> list[int]:
    """Replace each value that is its sentinel by the next number of the zip64 record (APPNOTE 4.5.3)."""
    raw = extra.get(_ZIP64_EXTRA)
    if raw is not None and _repeats(raw, values):
        return [value for value, _ in values]
    result, at = [], 0
    for value, sentinel in values:
        width = 8 if sentinel == _BIG else 4
        if value != sentinel or raw is None:
            result.append(value)
            continue
        if at + width > len(raw):
            raise ArchiveRefused("damaged", "An entry's zip64 field is damaged.")
        result.append(int.from_bytes(raw[at : at + width], "little"))
        at += width
    if raw is not None and at != len(raw):
        raise ArchiveRefused("header-mismatch", "An entry's zip64 field holds numbers that nothing refers to.")
    return result


def _repeats(raw: bytes, values: tuple[tuple[int, int], ...]) -> bool:
    """Whether a zip64 record only says again what the header says, as older writers do when told to make room."""
    sizes = values[:2]
    return all(value != sentinel for value, sentinel in values) and raw == b"".join(
        value.to_bytes(8, "little") for value, _ in sizes
    )
