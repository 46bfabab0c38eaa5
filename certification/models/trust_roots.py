"""The trust roots this installation has had: a record beside the key folder, for pages, checks and the ledger."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TrustRootVersion(models.Model):
    """One version of the trust root, as it was put in force. What is in force is for the key folder to say."""

    environment = models.CharField(_("environment"), max_length=20)
    version = models.PositiveIntegerField(_("version"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    envelope = models.BinaryField(_("signed document"), editable=False)
    noted_at = models.DateTimeField(_("noted"), auto_now_add=True)

    append_only = True

    class Meta:
        ordering = ("-version",)
        verbose_name = _("trust root")
        verbose_name_plural = _("trust roots")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["environment", "version"], name="trust_root_once"),
        ]

    def __str__(self) -> str:
        return _("Trust root %(version)d") % {"version": self.version}
