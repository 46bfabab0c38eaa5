"""What was handed in beside a version to show where it comes from: attestations, and an archive of its source."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from plugins.models.artifacts import StoredBytes
from plugins.models.plugins import PluginVersion


class OriginFile(StoredBytes):
    """One such file, stored by what it is; a version may have several attestations, of sources the newest counts."""

    append_only = True

    class Kind(models.TextChoices):
        """What the file is handed in as."""

        ATTESTATION = "attestation", _("Attestation")
        SOURCE = "source", _("Source archive")

    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="origins", verbose_name=_("version"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    filename = models.CharField(_("file name"), max_length=255)
    handed_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("handed in by")
    )
    handed_in_at = models.DateTimeField(_("handed in"), auto_now_add=True)

    class Meta:
        ordering = ("id",)
        verbose_name = _("file about the origin")
        verbose_name_plural = _("files about the origin")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "sha256"], name="origin_once_a_version"),
            models.CheckConstraint(condition=models.Q(kind__in=["attestation", "source"]), name="origin_kind_known"),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="origin_sha256_form"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.sha256[:12]})"
