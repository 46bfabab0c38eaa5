"""From an artifact of unknown kind to an unpacked tree and the facts about it."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from plugins.archive.collector import Collector
from plugins.archive.limits import MIB, ArchiveLimits, ArchiveRefused, Budget
from plugins.archive.model import Unpacked
from plugins.archive.nested import Nested, Opened
from plugins.archive.store import Store
from plugins.archive.streams import Stream, pieces
from plugins.archive.tar_headers import BLOCK, ZERO_BLOCK, checksum_fits
from plugins.archive.tar_reader import read_tar
from plugins.archive.zip_reader import read_zip
from plugins.archive.zip_records import plausible_end, read_tail

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

    from plugins.package import SourceFile

_MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "tar.gz",
    b"BZh": "tar.bz2",
    b"\xfd7zXZ\x00": "tar.xz",
}
_COMPRESSION = {"gzip": "gz", "bzip2": "bz2", "xz": "xz"}
_DEFAULT_LIMITS = ArchiveLimits()


def unpack(artifact: Path, destination: Path, limits: ArchiveLimits = _DEFAULT_LIMITS) -> Unpacked:
    """Unpack `artifact` into `destination`, an empty or missing folder, and describe what was in it.

    Only regular files are written (mode 0644, folders 0755), nothing is ever followed, executed or overwritten, memory
    use does not grow with the archive. The single top folder is stripped, see `plugins.archive.top`; archives in the
    archive are opened too, see `plugins.archive.nested`.
    Raises ArchiveRefused and leaves nothing in `destination`; ValueError where `destination` is not empty.
    """
    with _open(artifact) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limits.max_archive_bytes:
            most = limits.max_archive_bytes // MIB
            raise ArchiveRefused("too-large", f"The archive is larger than {most} MiB.")
        kind = _kind(file, size)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        collector, files = _extract(file, kind, destination, Budget(limits, size))
    nested = Nested(destination, Opened(files, collector.entries), limits, collector.notes)
    nested.open_all(tuple(collector.nested), _open_nested)
    everything = tuple(sorted([*files, *nested.files], key=lambda found: found.path))
    return Unpacked(kind, collector.entries, digest, size, everything, collector.notes.collected())


def _extract(
    file: BufferedReader, kind: str, destination: Path, budget: Budget
) -> tuple[Collector, tuple[SourceFile, ...]]:
    with Store(destination, budget.limits) as store:
        collector = Collector(store, budget.limits)
        if kind == "zip":
            read_zip(file, os.fstat(file.fileno()).st_size, budget, collector)
        else:
            read_tar(file, kind.removeprefix("tar").removeprefix("."), budget, collector)
        return collector, collector.finish(tar=kind != "zip")


def _open_nested(archive: Path, destination: Path, kind: str, budget: Budget) -> Opened:
    """Open an archive that lay in one; what a compressed file holds may be no archive, but one file."""
    with archive.open("rb") as file:
        compression = _COMPRESSION.get(kind)
        if compression and not _holds_tar(file, compression, budget):
            collector, files = _decompress(file, compression, archive.stem, destination, budget)
        else:
            collector, files = _extract(file, _kind(file, archive.stat().st_size), destination, budget)
    return Opened(files, collector.entries, tuple(collector.nested), collector.notes.collected())


def _holds_tar(file: BufferedReader, compression: str, budget: Budget) -> bool:
    """Whether a compressed file begins like a tar; it is left at its beginning."""
    block = Stream(pieces(file, compression, budget)).read(BLOCK)
    file.seek(0)
    return checksum_fits(block) or block == ZERO_BLOCK


def _decompress(
    file: BufferedReader, compression: str, name: str, destination: Path, budget: Budget
) -> tuple[Collector, tuple[SourceFile, ...]]:
    """The one file that a compressed file holds, under the name it has without its suffix."""
    name = name if name.strip(".") else "content"
    with Store(destination, budget.limits) as store:
        collector = Collector(store, budget.limits)
        collector.add_file(name, (name,), 0o644, 0, pieces(file, compression, budget))
        return collector, collector.finish(tar=False)


def _open(artifact: Path) -> BufferedReader:
    if not stat.S_ISREG(artifact.stat().st_mode):
        raise ArchiveRefused("not-an-archive", "The artifact is not a file.")
    return artifact.open("rb")


def _kind(file: BufferedReader, size: int) -> str:
    """Name the kind of archive by its bytes, never by its name; the file is left at its beginning."""
    head = file.read(BLOCK)
    if not head:
        raise ArchiveRefused("empty", "The file is empty.")
    zip_at_end = plausible_end(read_tail(file, size), size)
    file.seek(0)
    kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    tar = checksum_fits(head) or head == ZERO_BLOCK
    if tar and kind is None:
        kind = "tar"
    if (kind == "zip" and tar) or (kind != "zip" and kind is not None and zip_at_end):
        raise ArchiveRefused("polyglot", "The file is a zip and a tar at once, so that readers disagree about it.")
    if kind is None:
        if zip_at_end:
            raise ArchiveRefused("leading-data", "The zip is preceded by other data.")
        message = "The file is not an archive that is taken here: zip, whl, tar, tar.gz (tgz), tar.bz2 or tar.xz."
        raise ArchiveRefused("not-an-archive", message)
    return kind
