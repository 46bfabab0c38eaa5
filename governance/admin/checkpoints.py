"""The ledger's tree in the admin: leaves and checkpoints, to be read only."""

from __future__ import annotations

from django.contrib import admin

from governance.admin.base import ReadOnlyAdmin
from governance.models import LedgerCheckpoint, LedgerCosignature, LedgerLeaf


@admin.register(LedgerLeaf)
class LedgerLeafAdmin(ReadOnlyAdmin[LedgerLeaf]):
    """Which entry has which place in the tree."""

    list_display = ("index", "entry")
    list_select_related = ("entry",)


@admin.register(LedgerCheckpoint)
class LedgerCheckpointAdmin(ReadOnlyAdmin[LedgerCheckpoint]):
    """What was signed, and how large the tree was."""

    list_display = ("at", "size", "origin")
    ordering = ("-id",)


@admin.register(LedgerCosignature)
class LedgerCosignatureAdmin(ReadOnlyAdmin[LedgerCosignature]):
    """What witnesses signed."""

    list_display = ("at", "witness", "checkpoint")
    list_select_related = ("checkpoint",)
    ordering = ("-id",)
