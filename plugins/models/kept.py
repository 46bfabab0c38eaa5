"""Results of checks that are kept for the next run over the same artifact."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from plugins.models.artifacts import Artifact


class KeptResult(models.Model):
    """One check's result over one artifact, or what intake read of it (`plugins.kept`). Altered, it is none."""

    append_only = True

    artifact = models.ForeignKey(Artifact, models.PROTECT, related_name="kept", verbose_name=_("artifact"))
    check_code = models.CharField(_("check"), max_length=40)
    check_version = models.CharField(_("version of the check"), max_length=40)
    basis = models.CharField(
        _("basis"), max_length=64, help_text=_("Digest of the code, rules and engines the result rests on.")
    )
    key = models.CharField(_("key"), max_length=64, unique=True)
    result: models.JSONField[Any, Any] = models.JSONField(_("result"))
    seal = models.CharField(_("seal"), max_length=64, help_text=_("Proves that this portal wrote the result."))
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("kept check result")
        verbose_name_plural = _("kept check results")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.check_code} {self.key[:12]}"
