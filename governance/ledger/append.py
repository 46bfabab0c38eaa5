"""Write to the ledger, inside the business transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from governance.models.ledger import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import Model

    from governance.models import User

SYSTEM = "system"
"""What the ledger calls work nobody asked for: schedules and the worker."""


def record(
    *,
    verb: str,
    subject: Model | None = None,
    subject_label: str = "",
    actor: User | None = None,
    details: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Append one row. Call it in the transaction of the change, so that both commit or neither.

    Args:
        verb: `subject.past-tense`, e.g. `version.submitted`.
        subject: the object it is about; None where nothing was stored (a refusal).
        subject_label: what to call it; the object's own str() by default.
        actor: who did it; None for the system itself.
        details: JSON-ready facts: digests and ids, no personal data.

    Raises:
        TransactionManagementError: outside a transaction, since the row could then outlive or miss its change.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(f"ledger.record({verb!r}) needs the transaction of the change it records.")
    return LedgerEntry.objects.create(
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=str(actor)[:200] if actor else SYSTEM,
        verb=verb,
        subject_type=subject._meta.label_lower if subject else "",  # noqa: SLF001 - Django's public name
        subject_id=str(subject.pk) if subject else "",
        subject_label=(subject_label or str(subject or ""))[:300],
        details=dict(details or {}),
    )
