"""What differs from the last certified version, ready to be shown: out of a run's report, and the text of small files.

Everything in it comes from packages: text to be escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.models import PluginVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN = 200
"""Changes, and files, shown on a page; the report has all."""


@dataclass(frozen=True, slots=True)
class Differences:
    """The changes of a run. `before` is None where that version is not stored here."""

    version: str
    before: PluginVersion | None
    gaps: tuple[str, ...]
    relevant: int
    added: tuple[Mapping[str, Any], ...]
    changed: tuple[Mapping[str, Any], ...]
    gone: tuple[Mapping[str, Any], ...]
    hidden: int
    unchanged: Mapping[str, int]
    file_counts: Mapping[str, int]
    files: tuple[Mapping[str, Any], ...]
    files_hidden: int

    @property
    def groups(self) -> tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]:
        """What came, what is otherwise, what went; empty groups are left out."""
        named = (("added", self.added), ("changed", self.changed), ("gone", self.gone))
        return tuple((name, rows) for name, rows in named if rows)

    @property
    def files_differing(self) -> int:
        """How many files came, went or have other bytes."""
        return sum(self.file_counts[key] for key in ("added", "changed", "gone"))


def differences_of(report: Mapping[str, Any]) -> Differences | None:
    """The differences a report holds; None for a first version. One query where there is something to tell."""
    changes = report.get("changes")
    if not isinstance(changes, dict):
        return None
    rows, files = list(changes["changes"]), changes["files"]
    before = changes["before"]
    shown = rows[:SHOWN]
    differing = sum(files[key] for key in ("added", "changed", "gone"))
    listed = tuple(files["listed"][:SHOWN])
    return Differences(
        version=str(before["version"]),
        before=PluginVersion.objects.filter(artifact__sha256=before["sha256"]).defer("metadata", "declaration").first(),
        gaps=tuple(changes["gaps"]),
        relevant=int(changes["relevant"]),
        added=tuple(row for row in shown if row["what"] == "added"),
        changed=tuple(row for row in shown if row["what"] == "changed"),
        gone=tuple(row for row in shown if row["what"] == "gone"),
        hidden=len(rows) - len(shown),
        unchanged=changes["unchanged"],
        file_counts={key: int(files[key]) for key in ("added", "changed", "gone", "unchanged")},
        files=listed,
        files_hidden=differing - len(listed),
    )
