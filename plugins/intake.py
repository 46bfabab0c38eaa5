"""A package read without executing any of it, and the tree of its files for the checks that have to look at them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from plugins.archive import ArchiveLimits, Unpacked, unpack
from plugins.formats import read_package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugins.package import Package


class IntakeChanged(RuntimeError):
    """An artifact reads otherwise than it did; what was kept of it is not to be used."""


@dataclass(slots=True)
class Intake:
    """What intake knows of an artifact. The tree lies at `root` once `unpacked_tree` was asked for."""

    artifact: Path
    filename: str
    root: Path
    unpacked: Unpacked
    package: Package
    _provide: Callable[[Intake], None] | None = None
    _providing: Lock = field(default_factory=Lock)

    def unpacked_tree(self) -> Path:
        """The folder with the package's files; of an artifact known from before it is filled when first asked for.

        Safe to call from several threads. Raises what reading the artifact raises, and IntakeChanged.
        """
        with self._providing:
            if self._provide is not None:
                self._provide(self)
                self._provide = None
        return self.root


@contextmanager
def intake(artifact: Path, *, filename: str, work: Path, limits: ArchiveLimits | None = None) -> Iterator[Intake]:
    """Unpack into a folder of its own below `work` and read the package; the folder is gone afterwards.

    Raises:
        plugins.archive.ArchiveRefused: the archive is refused.
        plugins.formats.PackageRefused: the package in it is.
    """
    with _folder(work) as folder:
        root, name = folder / "tree", safe_filename(filename)
        unpacked = unpack(artifact, root, limits or ArchiveLimits())
        yield Intake(artifact, name, root, unpacked, read_package(root, unpacked, filename=name))


@contextmanager
def recalled(
    known: tuple[Unpacked, Package],
    *,
    filename: str,
    work: Path,
    fetch: Callable[[Path], None],
    limits: ArchiveLimits | None = None,
) -> Iterator[Intake]:
    """An intake whose facts are known from an earlier reading of the same bytes.

    Nothing is unpacked unless a check asks for the tree; then `fetch` puts the artifact at the path it is given.
    """
    with _folder(work) as folder:
        yield Intake(
            folder / "artifact",
            safe_filename(filename),
            folder / "tree",
            *known,
            lambda taken: _read_again(taken, fetch, limits or ArchiveLimits()),
        )


def _read_again(taken: Intake, fetch: Callable[[Path], None], limits: ArchiveLimits) -> None:
    fetch(taken.artifact)
    if unpack(taken.artifact, taken.root, limits) != taken.unpacked:
        raise IntakeChanged("The artifact does not unpack to what was kept of it.")


@contextmanager
def _folder(work: Path) -> Iterator[Path]:
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=work, prefix="vet-") as folder:
        yield Path(folder)


def safe_filename(filename: str) -> str:
    """The last part of a file name, without anything that could be a path or that no reader sees."""
    last = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable())[:255] or "package"
