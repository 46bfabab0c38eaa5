"""Which files a version ships, so that a digest can be looked up in all that is stored."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from plugins.models.plugins import PluginVersion


class VersionFileQuerySet(models.QuerySet["VersionFile"]):
    """Questions about files."""

    def shipped(self, sha256: str) -> VersionFileQuerySet:
        """The places at which these bytes are shipped, with version and plugin, in a stable order."""
        found = self.filter(sha256=sha256.lower()).select_related("version__plugin")
        return found.order_by("version__plugin__name", "version_id", "id")


class VersionFile(models.Model):
    """One file in the package of a version. All files of a version are written together, or none."""

    append_only = True

    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="files", verbose_name=_("version"))
    path = models.TextField(_("file"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    language = models.CharField(_("language"), max_length=20, blank=True)

    objects = VersionFileQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("shipped file")
        verbose_name_plural = _("shipped files")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.path} ({self.sha256[:12]})"
