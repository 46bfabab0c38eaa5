"""Tar headers, read raw: ustar, GNU long names and pax records, refusing whatever two readers could read differently.

Sources: POSIX.1-2017 pax "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugins.archive.limits import ArchiveRefused, quote

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
_POSIX, _GNU, _OLD = b"ustar\x0000", b"ustar  \x00", bytes(8)
_NAME, _PREFIX, _CHECKSUM = slice(0, 100), slice(345, 500), slice(148, 156)
_SHORT_PREFIX = 131
"""Beyond it `star`, and node's tar where no prefix is longer, keep access and change times."""
_OTHER_NUMBERS = (slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))
"""Owner, group, time and device: unused here, but Python's reader ends the archive where one is no number."""
_STAR_TIMES, _BEFORE_THEM = (slice(476, 488), slice(488, 500)), 475
_LINK_NAME = slice(157, 257)
"""npm's reader leaves out, and says nothing, a file with anything there; behind a NUL a line end is enough."""
_BASE256, _NEGATIVE = 0x80, 0xFF
_MAX_NUMBER = 2**53 - 1
"""What JavaScript counts to: npm's reader leaves out, and says nothing, a file with a larger number in any field."""
_STANDARD_KEYS = frozenset(
    {"atime", "charset", "comment", "ctime", "gid", "gname", "hdrcharset", "linkpath", "mtime", "path", "size", "uid"}
    | {"uname"}
)
"""POSIX.1-2017 pax, "pax Extended Header Keywords"; others of lower-case letters alone are reserved."""
_VENDOR_KEY = re.compile(r"[A-Z][A-Z0-9]*\.[!-<>-~]+")
_RECORD_INSIDE = re.compile(rb"\n\s*[+-]?[0-9]")
"""What npm's reader, which goes line by line, could take for a record of its own."""


@dataclass(frozen=True, slots=True)
class TarHeader:
    """One header block. `name` is raw; long names come from the extension headers before it."""

    name: bytes
    mode: int
    size: int
    kind: str
    """The type flag as one Latin-1 character."""


def checksum_fits(block: bytes) -> bool:
    """Whether a block's stated checksum is its real one, as of every tar header."""
    if len(block) < BLOCK:
        return False
    try:
        stated = _number(block[_CHECKSUM])
    except ArchiveRefused:
        return False
    return stated == sum(block) - sum(block[_CHECKSUM]) + 8 * 0x20


def parse_header(block: bytes) -> TarHeader:
    """Read a header block; raises ArchiveRefused `damaged`, `unsupported` or `header-mismatch`."""
    if not checksum_fits(block):
        raise ArchiveRefused("damaged", "The tar is damaged: a header does not match its checksum.")
    magic = block[257:265]
    name, after_name = _split(block[_NAME])
    prefix, after_prefix = _split(block[_PREFIX])
    if magic == _POSIX and len(prefix) < _SHORT_PREFIX:
        after_prefix = block[_PREFIX][len(prefix) : _SHORT_PREFIX]
    if magic not in {_POSIX, _GNU, _OLD} and not magic.startswith(b"ustar\x00"):
        raise ArchiveRefused("unsupported", f"A tar header is of an unknown kind: {quote(name)}.")
    if after_name.strip(b"\x00") or after_prefix.strip(b"\x00") or (prefix and (magic != _POSIX or not name)):
        raise ArchiveRefused("header-mismatch", f"A tar header can be read as two different names: {quote(name)}.")
    if block[156:157] not in {b"1", b"2", b"K"} and block[_LINK_NAME].strip(b"\x00"):
        raise ArchiveRefused("header-mismatch", f"A tar entry is a file and has the name of a link: {quote(name)}.")
    times = _STAR_TIMES if magic == _POSIX and not block[_BEFORE_THEM] else ()
    for field in (block[place] for place in (*_OTHER_NUMBERS, *times)):
        if field[0] != _NEGATIVE:
            _number(field)
        elif -int.from_bytes(field, "big", signed=True) > _MAX_NUMBER:
            raise _no_number()
    full = prefix + b"/" + name if prefix else name
    return TarHeader(full, _number(block[100:108]), _number(block[124:136]), chr(block[156]))


def _split(field: bytes) -> tuple[bytes, bytes]:
    """A text field's text, and what lies behind it: readers end it at the first NUL, or drop only that line."""
    text, _, rest = field.partition(b"\x00")
    return text, rest


def _number(field: bytes) -> int:
    """Read an octal or GNU base-256 number; negative ones are refused."""
    if field[0] == _BASE256:
        if (number := int.from_bytes(field[1:], "big")) > _MAX_NUMBER:
            raise _no_number()
        return number
    text, behind = _split(field)
    digits = text.strip(b" ")
    if digits.strip(b"01234567") or behind.strip(b"\x00 "):
        raise _no_number()
    return int(digits or b"0", 8)


def _no_number() -> ArchiveRefused:
    return ArchiveRefused("damaged", "The tar is damaged: a header holds a number that is none.")


def parse_pax(raw: bytes) -> dict[str, str]:
    """Read pax records (`LENGTH KEY=VALUE`, one a line); raises ArchiveRefused. What is not UTF-8 stays escaped."""
    records: dict[str, str] = {}
    at, stop = 0, len(raw.rstrip(b"\x00"))
    while at < stop:
        space = raw.find(b" ", at, at + 8)
        digits = raw[at:space] if space > 0 else b""
        if not digits.isdigit() or digits.startswith(b"0"):
            raise ArchiveRefused("damaged", "The tar is damaged: an extended header cannot be read.")
        end = at + int(digits)
        key, equals, value = raw[space + 1 : end - 1].partition(b"=")
        if end > len(raw) or raw[end - 1 : end] != b"\n" or not equals:
            raise ArchiveRefused("damaged", "The tar is damaged: an extended header cannot be read.")
        name = key.decode("utf-8", "backslashreplace")
        if name in records or _RECORD_INSIDE.search(value):
            raise ArchiveRefused("header-mismatch", f"A tar entry states its {quote(name)} twice.")
        if name not in _STANDARD_KEYS and not _VENDOR_KEY.fullmatch(name):
            message = f"A tar entry states a field that only some readers know: {quote(name)}."
            raise ArchiveRefused("unsupported", message)
        records[name] = value.decode("utf-8", "surrogateescape")
        at = end
    return records
