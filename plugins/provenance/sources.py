"""An artifact's files against a source archive, one by one: the same, different, or only in one of the two.

Which folder of the source the package was made from is found by itself: the one under which most of the artifact's
files lie, the same bytes first. What packing tools write (`PKG-INFO`, `*.dist-info/`) and what builds make (`dist/`,
`*.map`) is expected to be only in the artifact; a file that lies in both and differs is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from plugins.package import SourceFile

MAX_ALIKE = 50
"""Files of one name beyond which a name tells nothing about the folder."""
MAX_TEXT_BYTES = 4 * 1024 * 1024
PACKED = (
    "PKG-INFO", "*.egg-info/*", "*.dist-info/*", "setup.cfg", ".npmignore", "npm-shrinkwrap.json",
)  # fmt: skip
"""Written by packing tools, also over a file of the source."""
BUILT_FOLDERS = frozenset({"dist", "build", "out", "lib", "es", "esm", "cjs", "umd", "_build", "bundle", "generated"})
HAND_MADE = (".py", ".pth", ".php", ".sh", ".cs")
"""No build makes these, whatever their folder is called."""
BUILT_NAMES = ("*.min.js", "*.min.css", "*.map", "*.d.ts", "*.d.mts", "*.d.cts", "*.mo", "*.pyc", "*.tsbuildinfo")


class Standing(StrEnum):
    """How a file of one of the two stands to the other."""

    IDENTICAL = "identical"
    DIFFERS = "differs"
    PACKED = "packed"
    """Written or rewritten by the packing tool."""
    BUILT = "built"
    """Only in the artifact, where builds put what they make."""
    ADDED = "added"
    """Only in the artifact, where nobody would expect it."""
    SOURCE_ONLY = "source-only"


@dataclass(frozen=True, slots=True)
class Compared:
    """A file and how it stands."""

    path: str
    """In the artifact; of SOURCE_ONLY, in the source."""
    standing: Standing
    size: int
    code: bool


@dataclass(frozen=True, slots=True)
class SourceComparison:
    """All files of both."""

    folder: str
    """The folder of the source that was compared; "" for its top."""
    files: tuple[Compared, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of files by standing, every standing named."""
        found = Counter(file.standing for file in self.files)
        return {standing.value: found[standing] for standing in Standing}

    def of(self, standing: Standing) -> list[Compared]:
        """The files that stand so."""
        return [file for file in self.files if file.standing is standing]


def compare_source(
    artifact: Sequence[SourceFile], source: Sequence[SourceFile], *, root: Path, source_root: Path
) -> SourceComparison:
    """Compare two unpacked trees by the digests of their files; those of archives inside them are left out.

    A text that differs only in its line ends is the same. `root` and `source_root` are the trees, read for that alone.
    """
    ours = [file for file in artifact if not file.container]
    theirs = {file.path: file for file in source if not file.container}
    folder = _folder(ours, theirs)
    compared, seen = [], set()
    for file in ours:
        other = theirs.get(folder + file.path)
        if other is not None:
            seen.add(other.path)
        standing = _standing(file, other, root, source_root)
        compared.append(Compared(file.path, standing, file.size, file.language is not None))
    left = [file for path, file in theirs.items() if path not in seen]
    compared += [Compared(file.path, Standing.SOURCE_ONLY, file.size, file.language is not None) for file in left]
    return SourceComparison(folder.removesuffix("/"), tuple(compared))


def _folder(ours: Iterable[SourceFile], theirs: Mapping[str, SourceFile]) -> str:
    """The prefix under which the artifact's files lie in the source, with its slash; "" by default."""
    by_name: defaultdict[str, list[SourceFile]] = defaultdict(list)
    for other in theirs.values():
        by_name[other.path.rpartition("/")[2]].append(other)
    votes: Counter[str] = Counter()
    for file in ours:
        alike = by_name.get(file.path.rpartition("/")[2], [])
        for other in alike if len(alike) <= MAX_ALIKE else []:
            if other.path == file.path or other.path.endswith(f"/{file.path}"):
                votes[other.path[: -len(file.path)]] += 3 if other.sha256 == file.sha256 else 1
    return min(votes, key=lambda prefix: (-votes[prefix], prefix.count("/"), prefix), default="")


def _standing(file: SourceFile, other: SourceFile | None, root: Path, source_root: Path) -> Standing:
    if other is not None and (other.sha256 == file.sha256 or _same_text(root / file.path, source_root / other.path)):
        return Standing.IDENTICAL
    if _like(file.path, PACKED):
        return Standing.PACKED
    if other is not None:
        return Standing.DIFFERS
    folders, _, name = file.path.rpartition("/")
    in_built = BUILT_FOLDERS & set(folders.split("/")) and not name.endswith(HAND_MADE)
    built = in_built or _like(name, BUILT_NAMES)
    return Standing.BUILT if built else Standing.ADDED


def _like(path: str, patterns: Iterable[str]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path if "/" in one else name, one) for one in patterns)


def _same_text(first: Path, second: Path) -> bool:
    """Whether two files are one text with other line ends, as git writes them on Windows."""
    if max(first.stat().st_size, second.stat().st_size) > MAX_TEXT_BYTES:
        return False
    return first.read_bytes().replace(b"\r\n", b"\n") == second.read_bytes().replace(b"\r\n", b"\n")
