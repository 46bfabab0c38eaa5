"""The ledger's rows: append-only, naming their subject as text so that they outlive it; and the tree over them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

HISTORY_VERB = "history.recorded"
"""What an event is called that only says which digest a history row has."""


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Ledger rows, newest last."""

    def about(self, subject: models.Model) -> LedgerQuerySet:
        """The rows that name this object."""
        return self.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))  # noqa: SLF001 - Django's public name


class ToldManager(models.Manager["LedgerEntry"]):
    """What happened, as people are told it: without the digests of history rows."""

    def get_queryset(self) -> LedgerQuerySet:
        """All rows but those."""
        return LedgerQuerySet(self.model, using=self._db).exclude(verb=HISTORY_VERB)

    def about(self, subject: models.Model) -> LedgerQuerySet:
        """The rows that name this object."""
        return self.get_queryset().about(subject)


class LedgerEntry(models.Model):
    """One thing that happened. Written by `governance.ledger.record` only; the database refuses change and deletion.

    `objects` leaves the digests of history rows out; `every` has them, as the tree does.
    """

    at = models.DateTimeField(_("at"))
    actor_id = models.BigIntegerField(_("user id"), null=True)
    actor_label = models.CharField(_("who"), max_length=200)
    verb = models.CharField(_("what"), max_length=80, help_text=_("subject.past-tense, e.g. certificate.issued"))
    subject_type = models.CharField(_("kind of subject"), max_length=80)
    subject_id = models.CharField(_("subject id"), max_length=80)
    subject_label = models.CharField(_("subject"), max_length=300)
    details: models.JSONField[Any, Any] = models.JSONField(_("details"), default=dict)

    append_only = True

    objects = ToldManager()
    every = LedgerQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        base_manager_name = "every"
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="ledger_subject"),
            models.Index(fields=["verb", "at"], name="ledger_verb_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_label}"


class LedgerLeaf(models.Model):
    """An entry's place in the tree: indexes run from 0 without a gap, whatever ids the entries have."""

    index = models.BigIntegerField(_("index"), primary_key=True, db_column="id")
    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, related_name="leaf", verbose_name=_("ledger entry")
    )
    hash = models.BinaryField(_("leaf hash"), max_length=32)

    append_only = True

    class Meta:
        ordering = ("index",)
        verbose_name = _("ledger leaf")
        verbose_name_plural = _("ledger leaves")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"#{self.index}"


class LedgerNode(models.Model):
    """The hash of a complete subtree of 256**level leaves: what a tile of that level is made of."""

    level = models.PositiveSmallIntegerField(_("tile level"))
    index = models.BigIntegerField(_("index"))
    hash = models.BinaryField(_("hash"), max_length=32)

    append_only = True

    class Meta:
        ordering = ("level", "index")
        verbose_name = _("ledger node")
        verbose_name_plural = _("ledger nodes")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_node_once")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class LedgerCheckpoint(models.Model):
    """A signed statement about the tree at one size, as it was given out."""

    at = models.DateTimeField(_("signed at"))
    origin = models.CharField(_("origin"), max_length=300)
    size = models.BigIntegerField(_("size"))
    root = models.BinaryField(_("root hash"), max_length=32)
    note = models.TextField(_("note"), help_text=_("The signed note, without the signatures of witnesses."))

    append_only = True

    class Meta:
        ordering = ("id",)
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["origin", "size"], name="ledger_checkpoint_size")]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class LedgerCosignature(models.Model):
    """A witness's signature over a checkpoint."""

    checkpoint = models.ForeignKey(
        LedgerCheckpoint, on_delete=models.PROTECT, related_name="cosignatures", verbose_name=_("checkpoint")
    )
    at = models.DateTimeField(_("cosigned at"))
    witness = models.CharField(_("witness"), max_length=300)
    line = models.TextField(_("signature line"))

    append_only = True

    class Meta:
        ordering = ("id",)
        verbose_name = _("cosignature")
        verbose_name_plural = _("cosignatures")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="ledger_cosigned_once")]

    def __str__(self) -> str:
        return self.witness
