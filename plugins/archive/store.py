"""Where unpacked bytes go: a staging folder inside the destination, emptied on refusal."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from plugins.archive.contents import HEAD_BYTES
from plugins.archive.limits import MIB, ArchiveLimits, ArchiveRefused, quote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plugins.archive.names import Parts

_FILE_MODE, _FOLDER_MODE = 0o644, 0o755
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Stored:
    """One file in the staging folder, under a number: folders cost more than files, so they are made once, in place."""

    parts: Parts
    number: int
    size: int
    sha256: str
    head: bytes


class Store:
    """Writes regular files only, below the destination, readable by other users, executable by none.

    A context manager: leaving it by an exception, or without `publish`, leaves nothing in the destination.
    """

    def __init__(self, destination: Path, limits: ArchiveLimits) -> None:
        destination.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        if any(destination.iterdir()):
            raise ValueError(f"{destination} is not empty")
        self._destination = destination
        self._limits = limits
        self._made: set[str] = set()
        self._written = 0

    def __enter__(self) -> Self:
        self._staging = tempfile.mkdtemp(prefix=".unpacking-", dir=self._destination)
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is not None:
            for child in self._destination.iterdir():
                shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
        elif os.path.exists(self._staging):  # noqa: PTH110 - paths are plain text here, for speed
            shutil.rmtree(self._staging)

    def write(self, parts: Parts, chunks: Iterable[bytes]) -> Stored:
        """Write a new file from its chunks; raises ArchiveRefused `file-too-large` by the bytes that really come."""
        number = self._written = self._written + 1
        digest, size, head = hashlib.sha256(), 0, b""
        with os.fdopen(os.open(self._staged(number), _FLAGS, _FILE_MODE), "wb", buffering=0) as file:
            os.fchmod(file.fileno(), _FILE_MODE)
            for chunk in chunks:
                size += len(chunk)
                self.check_size(size, "/".join(parts))
                digest.update(chunk)
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                _write_all(file.fileno(), chunk)
        return Stored(parts, number, size, digest.hexdigest(), head)

    def check_size(self, size: int, name: str) -> None:
        """Refuse a file's size, announced or counted."""
        if size > self._limits.max_file_bytes:
            most = self._limits.max_file_bytes // MIB
            raise ArchiveRefused("file-too-large", f"A file in the archive is larger than {most} MiB: {quote(name)}.")

    def publish(self, stored: Iterable[tuple[Stored, Parts]]) -> None:
        """Move files to their final places below the destination and drop the staging folder."""
        placed: set[str] = set()
        for file, parts in stored:
            target = self._place(parts)
            if target in placed:  # told apart before by whoever gave them their places; a rename would tell nobody
                raise ValueError(f"two files for {target}")
            placed.add(target)
            os.rename(self._staged(file.number), target)  # noqa: PTH104
        shutil.rmtree(self._staging)
        self._destination.chmod(_FOLDER_MODE)

    def _staged(self, number: int) -> str:
        return f"{self._staging}/{number}"

    def _place(self, parts: Parts) -> str:
        """Make the folders above a file. Only folders of our own making lie below, so no link is followed."""
        base = str(self._destination)
        folder = "/".join((base, *parts[:-1]))
        if folder not in self._made:
            for end in range(1, len(parts)):
                above = "/".join((base, *parts[:end]))
                if above not in self._made:
                    os.mkdir(above)  # noqa: PTH102
                    os.chmod(above, _FOLDER_MODE)  # noqa: PTH101
                    self._made.add(above)
        return f"{folder}/{parts[-1]}"


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
