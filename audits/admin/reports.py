"""Reports in the admin: what was asked for, by whom, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.enums import ReportState
from audits.models import Report
from audits.reports.services import visible_reports
from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin[Report]):
    """All reports; each page leads to the file."""

    empty_text = gettext_lazy(
        "Ask for a dossier on the page of a version; an audit's report is made when it is issued."
    )
    list_display = ("subject", "kind", "state_shown", "requested_by", "requested_at", "pages", "page")
    list_filter = ("kind", "state", "requested_at")
    list_select_related = ("version__plugin", "audit", "requested_by")
    search_fields = ("version__plugin__name", "audit__code", "=snapshot_sha256", "=file_sha256")
    fields = (
        "kind", "version", "audit", "state_shown", "reason", "page", "pages", "snapshot_sha256", "file_sha256",
        "requested_by", "requested_at", "finished_at",
    )  # fmt: skip
    readonly_fields = ("state_shown", "page")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Those the user may see, without the snapshots."""
        own = visible_reports(request.user)  # type: ignore[arg-type]  # the admin lets nobody else in
        return (super().get_queryset(request) & own).defer("snapshot")

    @admin.display(description=gettext_lazy("About"))
    def subject(self, report: Report) -> str:
        """The version or audit it is about."""
        return str(report.version or report.audit)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, report: Report) -> SafeString:
        """Where it stands."""
        return state_badge(report.state, report.get_state_display())

    @admin.display(description=gettext_lazy("File"))
    def page(self, report: Report) -> SafeString:
        """A link to its page, or straight to the file."""
        ready = report.state == ReportState.READY
        address = reverse("audits:download" if ready else "audits:report", args=[report.pk])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, _("Download") if ready else _("Show"))
