"""Published status lists: what each said, so that any of them can be written again byte for byte."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.enums import ListedState, ReasonClass
from certification.models.certificates import Certificate


class StatusList(models.Model):
    """A list that was signed. What it lists follows from the entries up to it, its bytes from those and from here."""

    sequence = models.PositiveBigIntegerField(_("number"), unique=True)
    this_update = models.DateTimeField(_("made"))
    next_update = models.DateTimeField(_("good until"))
    log_size = models.PositiveBigIntegerField(_("size of the log"))
    log_root = models.BinaryField(_("root of the log"), max_length=32)
    listed = models.PositiveIntegerField(_("certificates listed"))
    payload_sha256 = models.CharField(_("SHA-256 of what was signed"), max_length=64)
    keyid = models.CharField(_("signing key"), max_length=64)
    signature = models.BinaryField(_("signature"), max_length=64)

    append_only = True

    class Meta:
        ordering = ("-sequence",)
        verbose_name = _("status list")
        verbose_name_plural = _("status lists")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"#{self.sequence}"


class StatusListEntry(models.Model):
    """What a list says otherwise than the one before it, about one certificate."""

    list = models.ForeignKey(StatusList, models.PROTECT, related_name="entries", verbose_name=_("status list"))
    certificate = models.ForeignKey(
        Certificate, models.PROTECT, related_name="status_entries", verbose_name=_("certificate")
    )
    state = models.CharField(_("state"), max_length=20, choices=ListedState)
    reason_class = models.CharField(_("kind of reason"), max_length=20, choices=ReasonClass)
    at = models.DateTimeField(_("since"))

    append_only = True

    class Meta:
        ordering = ("-list_id", "id")
        verbose_name = _("entry of a status list")
        verbose_name_plural = _("entries of status lists")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["list", "certificate"], name="status_entry_once_a_list"),
            models.CheckConstraint(condition=models.Q(state__in=ListedState.values), name="status_entry_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {self.get_reason_class_display()}"
