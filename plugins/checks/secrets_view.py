"""The files of a package as the secret scanner sees them: neutral names, equal files once, and what is planted."""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.checks import kingfisher
from plugins.checks.secrets_canaries import Canary, planted, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plugins.checks.base import Workspace
    from plugins.package import SourceFile

SUFFIXES = {
    "javascript": ".js", "typescript": ".ts", "tsx": ".tsx", "python": ".py", "php": ".php", "csharp": ".cs",
    "shell": ".sh", "html": ".html",
}  # fmt: skip
DOCUMENTATION = (".md", ".markdown", ".rst", ".adoc")
"""There the engine's generic rules, which take any `user:password@host` for real, are silent; the exact ones speak."""
NAMES = "names.txt"
ZIP_MAGIC = b"PK"
OPEN = 0o644


@dataclass(frozen=True, slots=True)
class View:
    """The files under neutral names, so that no path the engine's rules allow hides one; equal files once."""

    folder: Path
    unfolded: Path
    """Beside it: what was unfolded from them."""
    places: dict[str, tuple[SourceFile, ...]]
    names: tuple[str, ...]
    """The lines of NAMES: the paths of all files, and a planted one."""
    canaries: tuple[Canary, ...]

    @property
    def given(self) -> int:
        """How many files the engine is given, not counting what is unfolded."""
        return len(self.places) + len(self.canaries) + 1

    def questions(self, opened: frozenset[str]) -> list[list[object]]:
        """What the unfolding engine is asked: name, language, names in the package, whether to unpack the file.

        What is planted comes first, so that no package uses up what would find it. `opened` are the paths of the
        archives whose files are in the view themselves.
        """
        asked: list[list[object]] = [[one.name, one.language, [one.own], False] for one in self.canaries]
        asked.append([NAMES, None, [NAMES], False])
        for name, same in self.places.items():
            own = sorted({posixpath.basename(file.path) for file in same})
            unpack = not any(file.path in opened for file in same)
            asked.append([name, next((file.language for file in same if file.language), None), own, unpack])
        return asked


@contextmanager
def view_of(workspace: Workspace, name: str) -> Iterator[View]:
    """Make the view in this check's part of the scratch folder; it is gone afterwards. Raises UnusableReport."""
    base = workspace.scratch / name
    folder, unfolded = base / "view", base / "unfolded"
    for made in (folder, unfolded, folder / kingfisher.UNFOLDED):
        made.mkdir(parents=True)
        made.chmod(0o755)
    by_content: dict[str, list[SourceFile]] = {}
    for file in workspace.package.files:
        by_content.setdefault(file.sha256, []).append(file)
    try:
        places = {}
        for number, same in enumerate(by_content.values()):
            shown = f"{number:06d}{_suffix(same)}"
            _place(workspace.root / same[0].path, folder / shown)
            places[shown] = tuple(same)
        canaries = planted()
        for canary in canaries:
            _write(folder / canary.name, canary.content)
        names = (*(file.path for file in workspace.package.files), f"canary/{token()}.txt")
        _write(folder / NAMES, "".join(f"{_line(one)}\n" for one in names).encode("utf-8", "replace"))
        yield View(folder, unfolded, places, names, canaries)
    finally:
        shutil.rmtree(base)


def _line(path: str) -> str:
    """A path on one line, whatever characters its name holds."""
    return "".join(char if char.isprintable() else "?" for char in path)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(OPEN)


def _suffix(same: Sequence[SourceFile]) -> str:
    """What the engine may know of a file: its language, or that every copy of it is documentation."""
    if all(file.path.lower().endswith(DOCUMENTATION) for file in same):
        return ".md"
    return next((SUFFIXES[file.language] for file in same if file.language in SUFFIXES), ".txt")


def _place(source: Path, target: Path) -> None:
    """Show a file to the sandbox's user under another name; a copy where that needs another mode."""
    try:
        mode = source.lstat().st_mode
    except OSError:
        mode = 0
    if not stat.S_ISREG(mode):
        raise kingfisher.UnusableReport("A file of the package is not in the unpacked tree.")
    zipped = _starts_like_a_zip(source)
    if mode & stat.S_IROTH and not zipped:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            pass
        else:
            return
    if zipped:
        target.write_bytes(b" " + source.read_bytes())
    else:
        shutil.copyfile(source, target, follow_symlinks=False)
    target.chmod(OPEN)


def _starts_like_a_zip(source: Path) -> bool:
    """The engine passes over whatever starts so; with a space in front it reads the bytes like any others."""
    with source.open("rb") as file:
        return file.read(2) == ZIP_MAGIC
