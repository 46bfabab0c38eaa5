"""Open the files a user names: regular files only, bounded, each failure one sentence."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from .errors import UnusableError
from .names import DOCUMENT_LIMIT
from .output import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1024 * 1024


def read_document(path: str, what: str) -> bytes:
    """Read one of our documents, or as much of it as shows that it is too large. Raises UnusableError."""
    with _opened(path, what) as file:
        data = file.read(DOCUMENT_LIMIT + 1)
    if not data:
        raise UnusableError(_code(what), f"the {what} {plain(path)} is empty")
    return data


def hash_artifact(path: str) -> tuple[str, int]:
    """Give SHA-256 and size of a file of any size, read piece by piece. Raises UnusableError."""
    digest, size = hashlib.sha256(), 0
    with _opened(path, "artifact") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


@contextmanager
def _opened(path: str, what: str) -> Iterator[BinaryIO]:
    """Open a regular file; a pipe or device could block for ever or never end."""
    try:
        with os.fdopen(
            os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
        ) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnusableError(_code(what), f"the {what} {plain(path)} is not a regular file")
            yield file
    except OSError as error:
        raise UnusableError(_code(what), f"the {what} {plain(path)} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnusableError(_code(what), f"the {what} has a name that no file can have") from error


def _code(what: str) -> str:
    return what.replace(" ", "-")
