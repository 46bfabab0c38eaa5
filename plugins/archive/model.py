"""What unpacking gives back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from governance.vocabulary import Severity  # noqa: TC001 - governance.codec reads the types of fields
from plugins.package import SourceFile  # noqa: TC001 - ditto

NOTES_PER_RULE = 100


@dataclass(frozen=True, slots=True)
class ArchiveNote:
    """Something odd in an archive that does not stop intake; becomes a finding of the archive check."""

    rule: str
    severity: Severity
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive that was read safely and now lies unpacked in the destination."""

    kind: str
    """`zip`, `tar`, `tar.gz`, `tar.bz2` or `tar.xz`."""
    entries: int
    """Entries of the archive, folders included."""
    sha256: str
    """Of the artifact, lower-case hex."""
    size: int
    """Of the artifact, in bytes."""
    files: tuple[SourceFile, ...]
    """Every regular file, sorted by path, the top folder stripped."""
    notes: tuple[ArchiveNote, ...] = ()


class Notes:
    """Collects notes; after NOTES_PER_RULE of a rule the rest is one note with their number."""

    def __init__(self) -> None:
        self._kept: list[ArchiveNote] = []
        self._counts: Counter[str] = Counter()
        self._severities: dict[str, Severity] = {}

    def add(self, rule: str, severity: Severity, path: str, message: str) -> None:
        """Keep one note."""
        self._counts[rule] += 1
        self._severities[rule] = severity
        if self._counts[rule] <= NOTES_PER_RULE:
            self._kept.append(ArchiveNote(rule, severity, path, message))

    def collected(self) -> tuple[ArchiveNote, ...]:
        """All notes in a stable order."""
        more = [
            ArchiveNote(
                rule, self._severities[rule], "", f"{count - NOTES_PER_RULE} more notes of this kind are left out."
            )
            for rule, count in self._counts.items()
            if count > NOTES_PER_RULE
        ]
        return tuple(sorted([*self._kept, *more], key=lambda note: (note.rule, note.path, note.message)))
