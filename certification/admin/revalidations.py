"""Revalidations in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from certification.models import Revalidation
from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(Revalidation)
class RevalidationAdmin(ReadOnlyAdmin[Revalidation]):
    """Attempts to re-earn a certificate."""

    empty_text = _(
        "One starts by itself when a certificate is due or an advisory hits it; `manage.py revalidate "
        "--due` starts those due now."
    )
    list_display = ("certificate", "version", "trigger", "state_shown", "reason", "started_at", "finished_at")
    list_filter = ("state", "trigger", "started_at")
    list_select_related = ("certificate__version__plugin",)
    search_fields = ("certificate__serial", "certificate__version__plugin__name", "reason")

    @admin.display(description=_("Version"))
    def version(self, revalidation: Revalidation) -> str:
        """The version it is about."""
        return str(revalidation.certificate.version)

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, revalidation: Revalidation) -> SafeString:
        """The state as a badge."""
        return state_badge(revalidation.state, revalidation.get_state_display())
