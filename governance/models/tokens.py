"""API tokens: what is stored of them is enough to know one again, and not to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models.tracked import Whole, records

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import _StrPromise


class ApiToken(Whole):
    """A key for the API, made for an account: scoped, with an end, shown once. The token itself is not stored."""

    name = models.CharField(
        _("name"), max_length=100, help_text=_("What uses it, and where: it is looked for by this.")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens", verbose_name=_("account")
    )
    scopes: models.JSONField[Any, Any] = models.JSONField(_("scopes"))
    digest = models.CharField(_("SHA-256 of the token"), max_length=64, unique=True, editable=False)
    ending = models.CharField(_("ends with"), max_length=4, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by"), null=True, blank=True
    )
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(
        _("last used"), null=True, blank=True, editable=False, help_text=_("Noted every quarter of an hour at most.")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("revoked by"), null=True, blank=True
    )
    reason = models.TextField(_("reason of the revocation"), blank=True, max_length=1000)

    history = records(excluded_fields=["digest", "last_used_at"])
    write_once = (
        "name", "user_id", "scopes", "digest", "ending", "created_at", "created_by_id", "expires_at", "revoked_at",
        "revoked_by_id",
    )  # fmt: skip

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="apitoken_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    def standing_at(self, now: datetime) -> tuple[str, _StrPromise]:
        """Where it stands at a moment, as a badge's tone and word. Whether its account is active is not asked here."""
        if self.revoked_at is not None:
            return "bad", _("Revoked")
        if self.expires_at <= now:
            return "muted", _("Expired")
        return "good", _("In force")
