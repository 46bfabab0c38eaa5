"""Archives in the archive: opened by the same strict reader, so that what lies in them is examined as well.

The files of `lib/data.zip` come to lie below `lib/data.zip!/`. Two levels are opened. All of them share the limits of
the whole: bytes, entries and what is written count together. What cannot be opened, or lies deeper, is a note, never a
silence.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.archive.limits import ArchiveLimits, ArchiveRefused, Budget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugins.archive.model import ArchiveNote, Notes
    from plugins.package import SourceFile

    Opener = Callable[[Path, Path, str, Budget], "Opened"]
    """Takes the archive, the folder to fill, the kind by `contents.nested_kind`, and what it may spend."""

MAX_DEPTH = 2
MARK = "!"
"""After an archive's name: the folder of what was in it, as in Java's `jar:` addresses."""
_NAME_MAX = 255
"""Bytes in the name of one folder, on the file systems there are."""
OPENED = frozenset({"zip", "gzip", "bzip2", "xz", "tar"})


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in one archive. `nested` are the archives among its files, as path and kind."""

    files: tuple[SourceFile, ...]
    entries: int
    nested: tuple[tuple[str, str], ...] = ()
    notes: tuple[ArchiveNote, ...] = ()


class Nested:
    """Opens the archives below `root`, where the files of the outermost lie; `files` are what came to light."""

    def __init__(self, root: Path, outer: Opened, limits: ArchiveLimits, notes: Notes) -> None:
        self.files: list[SourceFile] = []
        self._root, self._limits, self._notes = root, limits, notes
        self._bytes = sum(file.size for file in outer.files)
        self._entries = outer.entries
        self._folders = {parent for file in outer.files for parent in _parents(file.path)}

    def open_all(self, found: tuple[tuple[str, str], ...], opener: Opener, *, depth: int = 1) -> None:
        """Open these archives, given as path and kind, and those in them."""
        for path, kind in found:
            if kind not in OPENED:
                self._note("nested-archive", path, f"The file is an archive ({kind}) and is not opened.")
            elif depth > MAX_DEPTH:
                message = f"The file is an archive in {depth} others; no more than {MAX_DEPTH} levels are opened."
                self._note("nested-too-deep", path, message, Severity.HIGH)
            elif f"{path}{MARK}" in self._folders or len(path.rpartition("/")[2].encode()) >= _NAME_MAX:
                message = "The file is an archive and is not opened: there is no place of its name for its files."
                self._note("nested-archive", path, message)
            else:
                self._open(path, kind, opener, depth)

    def _open(self, path: str, kind: str, opener: Opener, depth: int) -> None:
        archive, folder = self._root / path, f"{path}{MARK}"
        budget = Budget(self._left(), archive.stat().st_size)
        try:
            opened = opener(archive, self._root / folder, kind, budget)
        except ArchiveRefused as refusal:
            shutil.rmtree(self._root / folder, ignore_errors=True)
            self._note("nested-archive-refused", path, f"The file is an archive that is refused: {refusal}")
            return
        finally:
            self._bytes += budget.spent  # the work is done, whatever came of it
        self._entries += opened.entries
        placed = [replace(file, path=f"{folder}/{file.path}", container=path) for file in opened.files]
        self.files += placed
        self._folders.update(parent for file in placed for parent in _parents(file.path))
        for note in opened.notes:
            self._notes.add(note.rule, note.severity, f"{folder}/{note.path}", note.message)
        message = f"The file is an archive ({kind}); the {len(opened.files):,} files in it are examined too."
        self._note("nested-archive-opened", path, message, Severity.INFO)
        inner = tuple((f"{folder}/{below}", below_kind) for below, below_kind in opened.nested)
        self.open_all(inner, opener, depth=depth + 1)

    def _left(self) -> ArchiveLimits:
        """What is left of the limits of the whole; nothing is left as soon as they are reached."""
        return replace(
            self._limits,
            max_total_bytes=max(0, self._limits.max_total_bytes - self._bytes),
            max_entries=max(0, self._limits.max_entries - self._entries),
        )

    def _note(self, rule: str, path: str, message: str, severity: Severity = Severity.MEDIUM) -> None:
        self._notes.add(rule, severity, path, message)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
