"""Names of archive entries: what is refused, what is odd, what collides."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from plugins.archive.limits import ArchiveRefused, quote

if TYPE_CHECKING:
    from plugins.archive.limits import ArchiveLimits

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Control, format (bidi, zero-width, soft hyphen), surrogates, private use, line and paragraph separators."""
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Letters and marks that show nothing: fillers, blanks, variation selectors."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$", re.IGNORECASE)
_UNPORTABLE = re.compile(r'[<>:"|?*]')

Parts = tuple[str, ...]


def split_name(name: str, limits: ArchiveLimits) -> Parts:
    """Split an entry's name into safe parts; empty for the archive's own root (`./`).

    Raises ArchiveRefused: `bad-name` (characters, length, depth), `traversal` (absolute, drive letter, `..`).
    """
    _refuse_characters(name)
    if len(name.encode()) > limits.max_name_bytes:
        raise ArchiveRefused(
            "bad-name", f"An entry's name is longer than {limits.max_name_bytes} bytes: {quote(name)}."
        )
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    if name.startswith("/") or any(_DRIVE.match(part) for part in parts):
        raise ArchiveRefused("traversal", f"An entry has an absolute path: {quote(name)}.")
    if ".." in parts:
        raise ArchiveRefused("traversal", f"An entry points outside the archive: {quote(name)}.")
    if len(parts) > limits.max_depth:
        raise ArchiveRefused("bad-name", f"An entry lies more than {limits.max_depth} levels deep: {quote(name)}.")
    return parts


def _refuse_characters(name: str) -> None:
    if not name:
        raise ArchiveRefused("bad-name", "An entry has no name.")
    if "\\" in name:
        raise ArchiveRefused("bad-name", f"An entry's name holds a backslash: {quote(name)}.")
    if name.isascii() and name.isprintable():
        return
    for character in name:
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _INVISIBLE:
            raise ArchiveRefused("bad-name", f"An entry's name holds an invisible or control character: {quote(name)}.")


def oddity(name: str, parts: Parts) -> str | None:
    """Say what is odd about an accepted name, or None."""
    if parts and "/".join(parts) not in {name.rstrip("/"), name.removeprefix("./").rstrip("/")}:
        return "its path holds empty parts or dots"
    for part in parts:
        if part != part.strip() or part.endswith("."):
            return "a part begins or ends with a space or ends with a dot"
        if _RESERVED.match(part) or _UNPORTABLE.search(part):
            return "it cannot exist on Windows"
        if part.startswith("-"):
            return "a part begins with a dash and may be taken for an option"
        if not part.isascii() and not part.isprintable():
            return "it holds an unusual kind of space or an unassigned character"
    return None


def fold(part: str) -> str:
    """Key under which names collide on file systems that ignore case, Unicode form or trailing dots."""
    if not part.isascii():
        part = unicodedata.normalize("NFC", unicodedata.normalize("NFD", part).casefold())
    return part.lower().rstrip(". ") or part


class Names:
    """All names of an archive; refuses the second of two that some file system would take for one."""

    def __init__(self) -> None:
        self._files: set[Parts] = set()
        self._folders: dict[Parts, Parts] = {}
        self.case_variants: set[str] = set()
        """Folders that exist in two spellings: no file of theirs collides, but they merge on some systems."""

    @property
    def folders(self) -> int:
        """How many folders there are, those included that only lie above others."""
        return len(self._folders)

    def add_file(self, parts: Parts) -> None:
        """Take in a file; raises ArchiveRefused `duplicate-entry`."""
        key = tuple(fold(part) for part in parts)
        if key in self._files or key in self._folders:
            raise ArchiveRefused("duplicate-entry", f"Two entries have the same name: {quote('/'.join(parts))}.")
        self._files.add(key)
        self._add_folders(parts[:-1], key[:-1])

    def add_folder(self, parts: Parts) -> None:
        """Take in a folder; the same one again is harmless. Raises ArchiveRefused `duplicate-entry`."""
        self._add_folders(parts, tuple(fold(part) for part in parts))

    def _add_folders(self, parts: Parts, key: Parts) -> None:
        for end in range(len(parts), 0, -1):
            known = self._folders.get(key[:end])
            if known == parts[:end]:
                return
            if key[:end] in self._files:
                name = quote("/".join(parts[:end]))
                raise ArchiveRefused("duplicate-entry", f"An entry is both a file and a folder: {name}.")
            if known is None:
                self._folders[key[:end]] = parts[:end]
            else:
                self.case_variants.add("/".join(parts[:end]))
