"""The ledger's rows: append-only, naming their subject as text so that they outlive it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Ledger rows, newest last."""

    def about(self, subject: models.Model) -> LedgerQuerySet:
        """The rows that name this object."""
        return self.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))  # noqa: SLF001 - Django's public name


class LedgerEntry(models.Model):
    """One thing that happened. Written by `governance.ledger.record` only; the database refuses change and deletion."""

    at = models.DateTimeField(_("at"))
    actor_id = models.BigIntegerField(_("user id"), null=True)
    actor_label = models.CharField(_("who"), max_length=200)
    verb = models.CharField(_("what"), max_length=80, help_text=_("subject.past-tense, e.g. certificate.issued"))
    subject_type = models.CharField(_("kind of subject"), max_length=80)
    subject_id = models.CharField(_("subject id"), max_length=80)
    subject_label = models.CharField(_("subject"), max_length=300)
    details: models.JSONField[Any, Any] = models.JSONField(_("details"), default=dict)

    append_only = True

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="ledger_subject"),
            models.Index(fields=["verb", "at"], name="ledger_verb_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_label}"
