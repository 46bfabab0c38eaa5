"""Tar headers, read raw: ustar, GNU long names and pax records, refusing whatever two readers could read differently.

Sources: POSIX.1-2017 pax "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from dataclasses import dataclass

from plugins.archive.limits import ArchiveRefused, quote

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
_POSIX, _GNU, _OLD = b"ustar\x0000", b"ustar  \x00", bytes(8)
_CHECKSUM = slice(148, 156)
_BASE256 = 0x80


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
    magic, prefix = block[257:265], block[345:500].split(b"\x00")[0]
    name = block[:100].split(b"\x00")[0]
    if magic not in {_POSIX, _GNU, _OLD} and not magic.startswith(b"ustar\x00"):
        raise ArchiveRefused("unsupported", f"A tar header is of an unknown kind: {quote(name)}.")
    if magic.startswith(b"ustar\x00"):
        name = prefix + b"/" + name if prefix else name
    elif block[345:500].strip(b"\x00"):
        raise ArchiveRefused("header-mismatch", f"A tar header can be read as two different names: {quote(name)}.")
    return TarHeader(name, _number(block[100:108]), _number(block[124:136]), chr(block[156]))


def _number(field: bytes) -> int:
    """Read an octal or GNU base-256 number; negative ones are refused."""
    if field[0] == _BASE256:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\x00")[0].strip(b" ")
    if digits.strip(b"01234567"):
        raise ArchiveRefused("damaged", "The tar is damaged: a header holds a number that is none.")
    return int(digits or b"0", 8)


def parse_pax(raw: bytes) -> dict[str, str]:
    """Read pax records (`LENGTH KEY=VALUE`, one a line); raises ArchiveRefused. What is not UTF-8 stays escaped."""
    records: dict[str, str] = {}
    at = 0
    while at < len(raw) and raw[at:].strip(b"\x00"):
        space = raw.find(b" ", at, at + 8)
        digits = raw[at:space] if space > 0 else b""
        if not digits.isdigit() or digits.startswith(b"0"):
            raise ArchiveRefused("damaged", "The tar is damaged: an extended header cannot be read.")
        end = at + int(digits)
        key, equals, value = raw[space + 1 : end - 1].partition(b"=")
        if end > len(raw) or raw[end - 1 : end] != b"\n" or not equals:
            raise ArchiveRefused("damaged", "The tar is damaged: an extended header cannot be read.")
        name = key.decode("utf-8", "backslashreplace")
        if name in records:
            raise ArchiveRefused("header-mismatch", f"A tar entry states its {quote(name)} twice.")
        records[name] = value.decode("utf-8", "surrogateescape")
        at = end
    return records
