"""Folders for work under way, in use for exactly as long as a process holds them; what was left behind is swept."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

KINDS = ("fetch-", "files-", "hunt-", "run-", "scratch-", "upload-", "vet-")
"""What we make there ourselves; anything else below `work` is somebody's and is left alone."""
SETTLED = settings.TASK_TIMEOUT + 120
"""Seconds after which nothing of ours can still be about to take its lock, or write where locks do not reach."""


@contextmanager
def work_folder(kind: str) -> Iterator[Path]:
    """A private folder below the data folder, gone afterwards.

    The lock on it is what says "in use": the kernel lets go of it however the process ends.
    """
    work = settings.DATA_DIR / "work"
    work.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=work, prefix=f"{kind}-", ignore_cleanup_errors=True) as name:
        held = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH)
            yield Path(name)
        finally:
            os.close(held)


def sweep() -> int:
    """Remove the folders that killed processes left behind, never one in use; returns how many."""
    work = settings.DATA_DIR / "work"
    if not work.is_dir():
        return 0
    return sum(_abandoned(folder) and _remove(folder) for folder in work.iterdir() if folder.name.startswith(KINDS))


def _abandoned(folder: Path) -> bool:
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone meanwhile, or no folder
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(held).st_mtime < time.time() - SETTLED
    except BlockingIOError:
        return False
    finally:
        os.close(held)


def _remove(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        logger.warning("%s was left by a process that was killed and cannot be removed", folder)
        return False
    return True
