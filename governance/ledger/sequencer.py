"""The one sequencer: gives committed events contiguous indexes, in batches, and completes the tree above them.

Entries are written by business transactions that know nothing of each other, so that none waits; one lock lets a single
process at a time number them. A killed process leaves whole batches or nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from governance.ledger.errors import WrongIndex
from governance.ledger.events import event_bytes
from governance.ledger.tlog.merkle import complete_root, leaf_hash
from governance.ledger.tlog.tiles import WIDTH
from governance.models.ledger import LedgerEntry, LedgerLeaf, LedgerNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

BATCH = 1_000
"""Entries that one transaction numbers."""
LATE = 1_000
"""How far behind the newest numbered entry others are looked for each time: a transaction may commit after later ones.
What a longer one leaves further behind is found by a thorough look."""
PAUSE = 1.0
"""Seconds a process does not number again after a commit: under load events come in batches, else each by itself."""
_rest = {"until": 0.0}
LOCK = int.from_bytes(b"plugwrdn", "big") >> 1
COLUMNS = (
    "id", "at", "actor_id", "actor_label", "verb", "subject_type", "subject_id", "subject_label", "details",
)  # fmt: skip


def sequence(*, thorough: bool = False) -> int:
    """Number every event that has committed; returns how many there were. A transaction for each batch.

    Args:
        thorough: look for entries of any age, not only near the newest.
    """
    total = 0
    while True:
        with transaction.atomic():
            lock()
            done = _sequence_batch(thorough=thorough)
        total += done
        if done < BATCH:
            return total


def sequence_soon() -> None:
    """Number what has committed, unless we just have or another process is at it: a later look will take ours too."""
    if time.monotonic() < _rest["until"]:
        return
    _rest["until"] = time.monotonic() + PAUSE
    with transaction.atomic():
        if not lock(wait=False):
            return
        done = _sequence_batch(thorough=False)
    if done == BATCH:
        sequence()


def reserve_index() -> int:
    """Number everything visible and return the next index; nobody else can take it until the transaction ends.

    Raises:
        TransactionManagementError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("reserve_index() needs the transaction that will use the index.")
    lock()
    while _sequence_batch(thorough=False) == BATCH:
        pass
    return next_index()


def place(entry: LedgerEntry, index: int) -> None:
    """Make an entry the leaf of this index. Raises WrongIndex where it is not the next one."""
    lock()
    if index != next_index():
        raise WrongIndex(f"The next event of the ledger gets index {next_index()}, not {index}.")
    _append([(entry.pk, leaf_hash(leaf_bytes(entry)))], index)


def next_index() -> int:
    """The index the next leaf gets, which is the size of the tree."""
    newest = LedgerLeaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if newest is None else newest + 1


def lock(*, wait: bool = True) -> bool:
    """Let no other process number events until the transaction ends; False where another does, and we do not wait.

    On SQLite every transaction is the only one that writes: it began immediate.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def leaf_bytes(entry: LedgerEntry) -> bytes:
    """The bytes of an entry; of one that has no id yet, as long as they can become."""
    values = [getattr(entry, name) for name in COLUMNS]
    return row_bytes([values[0] or 2**63 - 1, *values[1:]])


def row_bytes(values: Sequence[Any]) -> bytes:
    """The bytes of a row, whose values come in the order of `COLUMNS`."""
    entry, at, actor_id, actor_label, verb, subject_type, subject_id, subject_label, details = values
    return event_bytes(
        entry=entry,
        at=at,
        actor_id=actor_id,
        actor_label=actor_label,
        verb=verb,
        subject_type=subject_type,
        subject_id=subject_id,
        subject_label=subject_label,
        details=details,
    )


def waiting(*, thorough: bool = True) -> QuerySet[LedgerEntry]:
    """The entries that have no index yet, oldest first."""
    found = LedgerEntry.every.filter(leaf__isnull=True).order_by("id")
    if not thorough:
        newest = LedgerLeaf.objects.order_by("-entry_id").values_list("entry_id", flat=True).first()
        found = found.filter(id__gt=(newest or 0) - LATE)
    return found


def _sequence_batch(*, thorough: bool) -> int:
    rows = waiting(thorough=thorough).values_list(*COLUMNS)[:BATCH]
    leaves = [(row[0], leaf_hash(row_bytes(row))) for row in rows]
    if leaves:
        _append(leaves, next_index())
    return len(leaves)


def _append(leaves: Sequence[tuple[int, bytes]], start: int) -> None:
    """Store leaves, as entry ids and hashes, from an index on, and the nodes they complete."""
    LedgerLeaf.objects.bulk_create(
        [LedgerLeaf(index=start + offset, entry_id=entry, hash=found) for offset, (entry, found) in enumerate(leaves)]
    )
    level, before, after = 0, start, start + len(leaves)
    while (first := before // WIDTH) < (end := after // WIDTH):
        below = _hashes(level, first * WIDTH, end * WIDTH)
        level, before, after = level + 1, first, end
        LedgerNode.objects.bulk_create(
            LedgerNode(level=level, index=number, hash=complete_root(below[place : place + WIDTH]))
            for place, number in zip(range(0, len(below), WIDTH), range(first, end), strict=True)
        )


def _hashes(level: int, start: int, end: int) -> list[bytes]:
    """Stored hashes of one tile level, in order."""
    if level:
        nodes = LedgerNode.objects.filter(level=level, index__gte=start, index__lt=end).order_by("index")
        return [bytes(each) for each in nodes.values_list("hash", flat=True)]
    leaves = LedgerLeaf.objects.filter(index__gte=start, index__lt=end).order_by("index")
    return [bytes(each) for each in leaves.values_list("hash", flat=True)]
