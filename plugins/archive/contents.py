"""What the first bytes of an unpacked file give away: programs, and archives in the archive."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from governance.vocabulary import Severity

if TYPE_CHECKING:
    from plugins.archive.model import Notes

HEAD_BYTES = 512
_ELF = b"\x7fELF"
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT_MACH_O = b"\xca\xfe\xba\xbe"
_FAT_MACH_O_PARTS = 30
"""Java classes share the magic; their next number is a version, 45 or more."""
_LIBRARIES = (".so", ".pyd", ".node", ".dll", ".dylib")
_NESTED = {
    b"PK\x03\x04": "zip",
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"!<arch>\n": "ar",
    b"MSCF": "cab",
}
_USTAR = slice(257, 262)
_WASM = b"\0asm"
_PYC = slice(2, 4)
"""Compiled Python: a two-byte number of the version, then a line end. Source: `importlib.util.MAGIC_NUMBER`."""


def note_program(notes: Notes, path: str, head: bytes) -> None:
    """Add a note where `head`, the file's first HEAD_BYTES, is that of a program."""
    if program := program_kind(head) or _bytecode_kind(path, head):
        library = path.lower().endswith(_LIBRARIES) or ".so." in path.lower()
        rule, severity = ("native-library", Severity.LOW) if library else ("executable-binary", Severity.MEDIUM)
        notes.add(rule, severity, path, f"The file holds machine code ({program}), which nobody can read here.")


def program_kind(head: bytes) -> str | None:
    """Name the executable format: `ELF`, `PE`, `Mach-O` or None."""
    if head.startswith(_ELF):
        return "ELF"
    if head.startswith(_MACH_O):
        return "Mach-O"
    if head.startswith(_FAT_MACH_O) and int.from_bytes(head[4:8], "big") < _FAT_MACH_O_PARTS:
        return "Mach-O"
    return "PE" if _is_pe(head) else None


def _bytecode_kind(path: str, head: bytes) -> str | None:
    if head.startswith(_WASM):
        return "WebAssembly"
    return "Python bytecode" if path.lower().endswith((".pyc", ".pyo")) and head[_PYC] == b"\r\n" else None


def _is_pe(head: bytes) -> bool:
    if not head.startswith(b"MZ") or len(head) < 0x40:  # noqa: PLR2004 - size of the DOS header
        return False
    (offset,) = struct.unpack_from("<L", head, 0x3C)
    beyond = offset + 4 > len(head)
    return (beyond and b"\x00" in head) or head[offset : offset + 4] == b"PE\x00\x00"


def nested_kind(head: bytes) -> str | None:
    """Name the archive format of a file, or None."""
    if head[_USTAR] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _NESTED.items() if head.startswith(magic)), None)
