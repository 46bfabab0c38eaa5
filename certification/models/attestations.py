"""Signed results of checks, stored as the bytes that were signed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from plugins.models import VettingRun


class CheckAttestation(models.Model):
    """One check's result in a signed statement of its own, as certificates list it by digest."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="attestations", verbose_name=_("vetting run"))
    code = models.CharField(_("check"), max_length=40)
    envelope = models.BinaryField(_("signed statement"), editable=False)
    sha256 = models.CharField(_("SHA-256 of the signed statement"), max_length=64, unique=True)
    keyid = models.CharField(_("signing key"), max_length=64)
    made_at = models.DateTimeField(_("signed"), auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ("run_id", "id")
        verbose_name = _("signed result of a check")
        verbose_name_plural = _("signed results of checks")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["run", "code", "keyid"], name="attestation_once_a_check")]

    def __str__(self) -> str:
        return f"{self.code} {self.sha256[:12]}"
