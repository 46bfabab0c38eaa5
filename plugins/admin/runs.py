"""Vetting runs in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge, tier_badge
from plugins.admin.page import version_page
from plugins.admin.versions import VET_AGAIN
from plugins.enums import RUN_OPEN
from plugins.models import VettingRun

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString


@admin.register(VettingRun)
class VettingRunAdmin(ReadOnlyAdmin[VettingRun]):
    """Runs: what waits, what is under way, and how each ended."""

    empty_text = _("A run starts by itself when an owner submits a version at /portal/submit/.")
    list_display = ("shown", "state_shown", "trigger", "risk", "progress_shown", "attempts", "queued_at", "finished_at")
    list_filter = ("state", "trigger", "tier", "queued_at")
    list_select_related = ("version__plugin",)
    search_fields = ("version__plugin__name", "version__version", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[VettingRun]:
        """Without the reports, which are large."""
        return super().get_queryset(request).defer("report")

    @admin.display(description=_("Version"), ordering="version__plugin__name")
    def shown(self, run: VettingRun) -> str:
        """The version."""
        return str(run.version)

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, run: VettingRun) -> SafeString:
        """The state as a badge."""
        return state_badge(run.state, run.get_state_display())

    @admin.display(description=_("Risk"), ordering="score")
    def risk(self, run: VettingRun) -> SafeString:
        """Tier and score."""
        return tier_badge(run.tier, run.score)

    @admin.display(description=_("Checks"))
    def progress_shown(self, run: VettingRun) -> str:
        """How many checks are done."""
        total = run.progress.get("total") if isinstance(run.progress, dict) else None
        return f"{run.progress.get('done', 0)} / {total}" if total else ""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The evidence page, showing this run."""
        run = self.get_object_or_404(request, object_id)
        chosen = None if run.state in RUN_OPEN else run
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "original": run,
            "opts": self.opts,
            "page": version_page(request, run.version, run=chosen),
            "may_vet": request.user.has_perm(VET_AGAIN),
            "may_download": request.user.has_perm("plugins.view_artifact"),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/evidence/version.html", context)
