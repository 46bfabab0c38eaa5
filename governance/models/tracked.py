"""The base of every domain model: who changed what, when, kept for good."""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction
from django.dispatch import Signal
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

history_rows_created = Signal()
"""Sent with `rows`, new history rows of one model written in bulk, in the transaction that wrote them."""


class LoggedHistory(HistoryManager):  # type: ignore[misc]
    """Simple-history's manager, which tells of the rows it writes in bulk: it sends no signal for them itself."""

    def bulk_history_create(self, *args: Any, **kwargs: Any) -> Any:
        """As simple-history does, in one transaction with whoever listens."""
        with transaction.atomic(savepoint=False):
            rows = super().bulk_history_create(*args, **kwargs)
            if rows:
                history_rows_created.send(sender=self.model, rows=rows)
        return rows


def records(**options: Any) -> HistoricalRecords:
    """The history of a model: append-only, so the user is kept as an id without a database constraint."""
    return HistoricalRecords(user_db_constraint=False, history_manager=LoggedHistory, **options)


class Whole(models.Model):
    """A model that is saved together with its history row and that row's line in the ledger, or not at all."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, in a transaction of its own where there is none."""
        if connection.in_atomic_block:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, **kwargs)


class Tracked(Whole):
    """A model whose every save leaves a history row. Users are deactivated, never deleted."""

    history = records(inherit=True)

    class Meta:
        abstract = True
