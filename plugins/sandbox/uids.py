"""Unprivileged user ids, a different one for each run under way, so that no run's limits or signals touch another."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS = 64
"""Runs at once in one process; more wait for a slot."""
WIDE_BASE, WIDE_SPAN = 0x7000_0000, 0x1000_0000
"""Above all that systemd hands out (its table of uids ends at 0x6FFFFFFF): 2^22 process ids x 64 slots."""
NARROW_BASE, NARROW_SPAN = 62_000, 2_500
"""For containers which map only 65,536 ids."""

_free = list(range(SLOTS))
_slot_freed = threading.Condition()


@contextmanager
def unprivileged_uid() -> Iterator[int]:
    """Lend an id that no other run of this host has now; waits while all slots are taken."""
    with _slot_freed:
        while not _free:
            _slot_freed.wait()
        slot = _free.pop()
    try:
        yield _uid(os.getpid(), slot)
    finally:
        with _slot_freed:
            _free.append(slot)
            _slot_freed.notify()


def _uid(pid: int, slot: int) -> int:
    base, span = (WIDE_BASE, WIDE_SPAN) if _is_mapped(WIDE_BASE + WIDE_SPAN - 1) else (NARROW_BASE, NARROW_SPAN)
    return base + (pid * SLOTS + slot) % span


def _is_mapped(uid: int) -> bool:
    """Whether this user namespace knows the id (proc(5), uid_map: first id inside, first outside, length)."""
    rows = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(int(first) <= uid < int(first) + int(length) for first, _, length in rows)
