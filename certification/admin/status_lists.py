"""Published status lists, and the signed results certificates rest on: to be read, never to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from certification.models import CheckAttestation, StatusList, StatusListEntry
from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(StatusList)
class StatusListAdmin(ReadOnlyAdmin[StatusList]):
    """Each list that was signed. What changed from one to the next is under its entries."""

    empty_text = _("The first status list is made when the first certificate is issued or somebody asks for the list.")
    list_display = ("sequence", "this_update", "next_update", "listed", "log_size")
    list_filter = ("this_update",)
    search_fields = ("=sequence", "=payload_sha256")
    search_help_text = _("Number or SHA-256")
    fields = ("sequence", "this_update", "next_update", "listed", "log_size", "payload_sha256", "keyid")


@admin.register(StatusListEntry)
class StatusListEntryAdmin(ReadOnlyAdmin[StatusListEntry]):
    """What a list says otherwise than the one before it."""

    empty_text = _("There is one for each certificate that is suspended, revoked, superseded or has run out.")
    list_display = ("certificate", "state_shown", "reason_class", "at", "list")
    list_filter = ("state", "reason_class")
    list_select_related = ("certificate", "list")
    search_fields = ("certificate__serial", "=list__sequence")
    search_help_text = _("Serial or number of the list")
    fields = ("list", "certificate", "state_shown", "reason_class", "at")
    readonly_fields = ("state_shown",)

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, entry: StatusListEntry) -> SafeString:
        """The state as a badge."""
        return state_badge(entry.state, entry.get_state_display())


@admin.register(CheckAttestation)
class CheckAttestationAdmin(ReadOnlyAdmin[CheckAttestation]):
    """Signed results of checks. The public can fetch each by its digest."""

    empty_text = _("They are signed when a certificate that rests on them is issued.")
    list_display = ("code", "run", "sha256", "made_at")
    list_filter = ("code", "made_at")
    list_select_related = ("run__version__plugin",)
    search_fields = ("=sha256", "run__version__plugin__name")
    search_help_text = _("SHA-256 or plugin")
    fields = ("code", "run", "sha256", "keyid", "made_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckAttestation]:
        """Without the signed bytes and the reports."""
        return super().get_queryset(request).defer("envelope", "run__report", "run__progress")
