"""Takes the entries a reader finds, keeps the rules that hold for every kind of archive, and writes the files."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.archive.contents import nested_kind, note_program
from plugins.archive.languages import language_of
from plugins.archive.limits import ArchiveRefused, quote
from plugins.archive.model import Notes
from plugins.archive.names import Names, Parts, oddity
from plugins.archive.top import tar_parts, zip_parts
from plugins.package import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.archive.limits import ArchiveLimits
    from plugins.archive.store import Store, Stored

_SPECIAL_BITS = stat.S_ISUID | stat.S_ISGID


class Collector:
    """What readers hand their entries to, one by one, in the archive's order."""

    def __init__(self, store: Store, limits: ArchiveLimits) -> None:
        self.notes = Notes()
        self.entries = 0
        self.nested: list[tuple[str, str]] = []
        """Files that are archives themselves, as path and kind; filled by `finish`."""
        self._store = store
        self._limits = limits
        self._names = Names()
        self._stored: list[Stored] = []
        self._dotted: set[bool] = set()

    def add_folder(self, name: str, parts: Parts, mode: int) -> None:
        """Take in a folder entry; nothing is written for it."""
        self._count()
        self._names.add_folder(parts)
        self._count_folders()
        self._note_entry(name, parts, mode)

    def add_file(self, name: str, parts: Parts, mode: int, size: int, chunks: Iterator[bytes]) -> None:
        """Take in a regular file whose header states `size`; raises ArchiveRefused."""
        self._count()
        if not parts:
            raise ArchiveRefused("bad-name", f"A file in the archive has no name: {quote(name)}.")
        self._store.check_size(size, name)
        self._names.add_file(parts)
        self._count_folders()
        self._dotted.add(name.startswith("./"))
        self._note_entry(name, parts, mode)
        self._stored.append(self._store.write(parts, chunks))

    def finish(self, *, tar: bool) -> tuple[SourceFile, ...]:
        """Strip the top folder, move the files into place and describe them; raises ArchiveRefused."""
        if not self._stored:
            raise ArchiveRefused("empty", "The archive holds no file.")
        names = [stored.parts for stored in self._stored]
        finals = tar_parts(names, dotted=self._dotted, notes=self.notes) if tar else zip_parts(names)
        pairs = sorted(zip(self._stored, finals, strict=True), key=lambda pair: "/".join(pair[1]))
        self._store.publish(pairs)
        for folder in sorted(self._names.case_variants):
            message = "The folder exists in two spellings, which are one folder on some systems."
            self.notes.add("case-variant-folder", Severity.LOW, folder, message)
        return tuple(self._describe(stored, "/".join(parts)) for stored, parts in pairs)

    def _count(self) -> None:
        self.entries += 1
        if self.entries > self._limits.max_entries:
            message = f"The archive holds more than {self._limits.max_entries:,} entries."
            raise ArchiveRefused("too-many-entries", message)

    def _count_folders(self) -> None:
        """Folders that entries only imply are made too: forty for one entry, if nothing stood against it."""
        if self._names.folders > self._limits.max_entries:
            message = f"The archive holds more than {self._limits.max_entries:,} folders."
            raise ArchiveRefused("too-many-entries", message)

    def _note_entry(self, name: str, parts: Parts, mode: int) -> None:
        path = "/".join(parts)
        if mode & _SPECIAL_BITS:
            message = "The entry asks to run with its owner's rights (setuid or setgid); unpacked without."
            self.notes.add("setuid", Severity.MEDIUM, path, message)
        if odd := oddity(name, parts):
            self.notes.add("odd-name", Severity.LOW, path, f"The name is unusual: {odd}.")

    def _describe(self, stored: Stored, path: str) -> SourceFile:
        note_program(self.notes, path, stored.head)
        if kind := nested_kind(stored.head):
            self.nested.append((path, kind))
        return SourceFile(path, stored.size, stored.sha256, language_of(path, stored.head))
