"""How many runs of one engine this host carries out at once, over all worker processes: a lock file for each slot.

A worker that is killed gives its slot back, because the kernel lets go of the lock.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

LOOK_AGAIN = 0.05
"""Seconds between two looks for a free slot."""


@contextmanager
def hold(folder: Path, engine: str, slots: int | None = None) -> Iterator[None]:
    """Wait for one of an engine's slots and hold it; by default there are as many as processors.

    Where the folder cannot be written there is nothing to count by: the engine runs, uncounted.
    """
    held = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = _wait(folder, engine, slots or os.cpu_count() or 1)
    except OSError as problem:
        logger.warning("engines are not counted: %s", problem)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _wait(folder: Path, engine: str, slots: int) -> int:
    while (held := _take(folder, engine, slots)) is None:
        time.sleep(LOOK_AGAIN)
    return held


def _take(folder: Path, engine: str, slots: int) -> int | None:
    for number in range(slots):
        slot = os.open(folder / f"{engine}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(slot)
            continue
        return slot
    return None
