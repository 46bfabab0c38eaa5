"""Write to the ledger, inside the business transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from governance.ledger import sequencer
from governance.ledger.events import check_size, plain
from governance.models.ledger import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model

    from governance.models import User

SURELY_FITS = 9_000
"""Characters of details that no escape makes 64 KiB, so that nobody has to count."""
SYSTEM = "system"
"""What the ledger calls work nobody asked for: schedules and the worker."""


def record(
    *,
    verb: str,
    subject: Model | None = None,
    subject_label: str = "",
    actor: User | None = None,
    details: Mapping[str, Any] | None = None,
    index: int | None = None,
) -> LedgerEntry:
    """Append one row. Call it in the transaction of the change, so that both commit or neither.

    Args:
        verb: `subject.past-tense`, e.g. `version.submitted`.
        subject: the object it is about; None where nothing was stored (a refusal).
        subject_label: what to call it; the object's own str() by default.
        actor: who did it; None for the system itself.
        details: JSON-ready facts: digests and ids, no personal data.
        index: what `reserve_index` gave: the row becomes that leaf of the tree at once.

    Raises:
        TransactionManagementError: outside a transaction, since the row could then outlive or miss its change.
        EventRefused: the event has 64 KiB or more, or is no JSON.
        WrongIndex: `index` is not the next one.
    """
    entry = LedgerEntry(
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=str(actor)[:200] if actor else SYSTEM,
        verb=verb,
        subject_type=subject._meta.label_lower if subject else "",  # noqa: SLF001 - Django's public name
        subject_id=str(subject.pk) if subject else "",
        subject_label=str(subject_label or subject or "")[:300],
        details=plain(details or {}),
    )
    _ready_to_write([entry])
    entry.save(force_insert=True)
    if index is not None:
        sequencer.place(entry, index)
    return entry


def record_many(entries: Iterable[LedgerEntry]) -> None:
    """Append rows made by others, in one statement; `details` are plain JSON. Raises as `record` does."""
    rows = list(entries)
    if rows:
        _ready_to_write(rows)
        LedgerEntry.objects.bulk_create(rows, batch_size=sequencer.BATCH)


def _ready_to_write(rows: list[LedgerEntry]) -> None:
    """Check that the rows may be leaves, and have them become some once the transaction commits."""
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"ledger.record({rows[0].verb!r}) needs the transaction of its change.")
    for row in rows:
        if len(repr(row.details)) > SURELY_FITS:
            check_size(sequencer.leaf_bytes(row), row.verb)
    if not any(waiting[1] is sequencer.sequence_soon for waiting in connection.run_on_commit):
        transaction.on_commit(sequencer.sequence_soon, robust=True)
