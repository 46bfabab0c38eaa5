"""The text of small files that differ between two stored versions, line by line.

Both archives are read with the strict reader; nothing of them is executed. What is too large or no text is named only.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from plugins.archive import ArchiveRefused, unpack
from plugins.config import archive_limits
from plugins.models import ArtifactDamaged
from plugins.services.artifacts import record_download
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.models import User
    from plugins.models import Artifact, PluginVersion

MAX_ARCHIVE = 20 * 1024 * 1024
MAX_FILE = 64 * 1024
MAX_FILES = 30
MAX_LINES = 400
MAX_WIDTH = 400
CONTEXT = 3


class DiffRefused(Exception):
    """The two cannot be compared here; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff; `kind` is `added`, `gone`, `place` or empty."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file; `note` says why no lines are shown, or that more are left out."""

    path: str
    lines: tuple[Line, ...] = ()
    note: str = ""


def text_diffs(*, before: PluginVersion, after: PluginVersion, actor: User) -> tuple[list[FileDiff], int]:
    """The diffs of the first MAX_FILES files that differ, and how many more there are.

    Raises:
        DiffRefused: an archive is too large for a page, unreadable or gone.
    """
    for version in (before, after):
        if version.artifact.size > MAX_ARCHIVE:
            raise DiffRefused(_("One of the packages is too large to be compared on a page; download both."))
    with work_folder("fetch") as folder:
        old, new = (_files(version.artifact, folder, name) for version, name in ((before, "old"), (after, "new")))
        paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        shown = [_diff(path, folder, path in old, path in new) for path in paths[:MAX_FILES]]
    record_download(artifact=before.artifact, actor=actor)
    record_download(artifact=after.artifact, actor=actor)
    return shown, len(paths) - len(shown)


def _files(artifact: Artifact, folder: Path, name: str) -> dict[str, str]:
    try:
        artifact.copy_to(folder / f"{name}.archive")
        unpacked = unpack(folder / f"{name}.archive", folder / name, archive_limits())
    except (ArtifactDamaged, FileNotFoundError) as problem:
        raise DiffRefused(_("A stored package is missing or has been altered.")) from problem
    except ArchiveRefused as refusal:
        raise DiffRefused(str(refusal)) from refusal
    return {file.path: file.sha256 for file in unpacked.files}


def _diff(path: str, folder: Path, in_old: bool, in_new: bool) -> FileDiff:
    old = _text(folder / "old" / path) if in_old else []
    new = _text(folder / "new" / path) if in_new else []
    if old is None or new is None:
        return FileDiff(path, note=_("Not shown: larger than 64 KiB, or no text."))
    lines = tuple(islice(_lines(old, new), MAX_LINES + 1))
    note = _("More lines are left out.") if len(lines) > MAX_LINES else ""
    return FileDiff(path, lines[:MAX_LINES], note)


def _text(path: Path) -> list[str] | None:
    """The lines of a small text; None where it is none."""
    if path.stat().st_size > MAX_FILE:
        return None
    raw = path.read_bytes()
    if b"\0" in raw:
        return None
    try:
        return raw.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    kinds = {"+": "added", "-": "gone", "@": "place"}
    for text in islice(difflib.unified_diff(old, new, lineterm="", n=CONTEXT), 2, None):
        visible = "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)
        yield Line(kinds.get(text[:1], ""), visible[:MAX_WIDTH] + ("…" if len(visible) > MAX_WIDTH else ""))
