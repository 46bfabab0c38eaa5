"""The base of every domain model: who changed what, when, kept for good."""

from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords


class Tracked(models.Model):
    """A model whose every save leaves a history row.

    The history table is append-only by trigger, so the user is kept as an id without a database constraint:
    users are deactivated, never deleted.
    """

    history = HistoricalRecords(inherit=True, user_db_constraint=False)

    class Meta:
        abstract = True
