"""Files and folders nobody else may touch."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1024 * 1024
OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class KeysRefusedError(Exception):
    """Keys on disk that must not be used; the message says which file, why, and what to do."""


def make_folder(path: Path) -> None:
    """Make the folder of all keys with mode 0700; refuse an existing one that others can change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        _check(path, path.lstat(), kind=stat.S_IFDIR, forbidden=OTHERS_WRITE, remedy="700")


def check_folder(path: Path) -> None:
    """Check that a folder of keys is ours alone. Raises KeysRefusedError."""
    try:
        _check(path, path.lstat(), kind=stat.S_IFDIR, forbidden=OTHERS, remedy="700")
    except OSError as error:
        raise KeysRefusedError(f"{path} cannot be read: {error.strerror}") from error


def write_private(path: Path, data: bytes) -> None:
    """Write a new file with mode 0600, down to the disk. Raises FileExistsError rather than touch an existing one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring the names in a folder down to the disk, so that a crash does not undo them."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_private(path: Path) -> bytes:
    """Read a file that must be ours alone: the opened file is what is checked. Raises KeysRefusedError."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            _check(path, os.fstat(file.fileno()), kind=stat.S_IFREG, forbidden=OTHERS, remedy="600")
            return file.read(LIMIT)
    except OSError as error:
        raise KeysRefusedError(f"{path} cannot be read: {error.strerror}") from error


def _check(path: Path, found: os.stat_result, *, kind: int, forbidden: int, remedy: str) -> None:
    if stat.S_IFMT(found.st_mode) != kind:
        raise KeysRefusedError(f"{path} is not a plain {'folder' if kind == stat.S_IFDIR else 'file'}")
    if found.st_uid != os.geteuid():
        raise KeysRefusedError(f"{path} belongs to user {found.st_uid}, and this is user {os.geteuid()}")
    if mode := stat.S_IMODE(found.st_mode) & forbidden:
        raise KeysRefusedError(f"{path} is open to others (mode bits {mode:04o}); run: chmod {remedy} '{path}'")
