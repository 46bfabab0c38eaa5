"""Versions and submissions in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.base import ReadOnlyAdmin, require, require_post
from governance.badges import state_badge, tier_badge
from plugins.admin.page import version_page
from plugins.models import PluginVersion, Submission, VettingRun
from plugins.presenters import progress_of
from plugins.services.downloads import DownloadRefused, open_artifact
from plugins.services.origins import OriginRefused, hand_in
from plugins.services.runs import RunRefused, request_run
from plugins.services.sboms import CONTENT_TYPE, NoBill, download_sbom
from plugins.services.text_diffs import DiffRefused, text_diffs

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

VET_AGAIN = "plugins.change_vettingrun"
HTMX_STOP_POLLING = 286


@admin.register(PluginVersion)
class PluginVersionAdmin(ReadOnlyAdmin[PluginVersion]):
    """Versions. Their page shows all evidence; what changes them are services."""

    empty_text = gettext_lazy("Owners submit versions at /portal/submit/.")
    list_display = ("shown_name", "version", "state_shown", "format_shown", "team", "risk", "license", "created_at")
    list_display_links = ("shown_name", "version")
    list_filter = ("state", "plugin__format", "created_at")
    list_select_related = ("plugin", "plugin__team")
    search_fields = ("plugin__name", "version", "purl", "=artifact__sha256")
    search_help_text = gettext_lazy("Name, version, package URL or SHA-256")
    actions = ("vet_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PluginVersion]:
        """With tier and score of the newest run that was scored."""
        scored = VettingRun.objects.filter(version=OuterRef("pk"), score__isnull=False).order_by("-queued_at", "-id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_tier=Subquery(scored.values("tier")[:1]), newest_score=Subquery(scored.values("score")[:1])
            )
        )

    @admin.display(description=gettext_lazy("Plugin"), ordering="plugin__name")
    def shown_name(self, version: PluginVersion) -> str:
        """The plugin's name."""
        return version.plugin.name

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, version: PluginVersion) -> SafeString:
        """The state as a badge."""
        return state_badge(version.state, version.get_state_display())

    @admin.display(description=gettext_lazy("Format"), ordering="plugin__format")
    def format_shown(self, version: PluginVersion) -> str:
        """The format."""
        return version.plugin.format_label

    @admin.display(description=gettext_lazy("Owner team"), ordering="plugin__team__name")
    def team(self, version: PluginVersion) -> str:
        """The team it belongs to."""
        return str(version.plugin.team)

    @admin.display(description=gettext_lazy("Risk"), ordering="newest_score")
    def risk(self, version: PluginVersion) -> SafeString:
        """Tier and score of the newest scored run."""
        return tier_badge(version.newest_tier or "", version.newest_score)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: vet again, hand in proof of origin, download, progress."""
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/vet/", view(self.vet_view), name="plugins_pluginversion_vet"),
            path("<path:object_id>/origin/", view(self.origin_view), name="plugins_pluginversion_origin"),
            path("<path:object_id>/artifact/", view(self.artifact_view), name="plugins_pluginversion_artifact"),
            path("<path:object_id>/sbom/", view(self.sbom_view), name="plugins_pluginversion_sbom"),
            path("<path:object_id>/progress/", view(self.progress_view), name="plugins_pluginversion_progress"),
            path("<path:object_id>/diff/<int:before>/", view(self.diff_view), name="plugins_pluginversion_diff"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The evidence page."""
        version = self.get_object_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(version),
            "original": version,
            "opts": self.opts,
            "page": version_page(request, version),
            "may_vet": request.user.has_perm(VET_AGAIN),
            "may_download": request.user.has_perm("plugins.view_artifact"),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/evidence/version.html", context)

    def vet_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Queue another vetting run."""
        require_post(request)
        require(request, VET_AGAIN)
        version = self.get_object_or_404(request, object_id)
        self._vet(request, version)
        return HttpResponseRedirect(self.page_url(version))

    def origin_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Take in what shows where the version comes from, and queue the run that judges it."""
        require_post(request)
        require(request, VET_AGAIN)
        version = self.get_object_or_404(request, object_id)
        attestation = request.FILES.get("attestation")
        try:
            hand_in(
                version=version,
                actor=request.user,
                attestations=[attestation] if attestation else [],
                source=request.FILES.get("source"),
            )
        except OriginRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self._vet(request, version)
        return HttpResponseRedirect(f"{self.page_url(version)}#origin")

    def artifact_view(self, request: SignedInRequest, object_id: str) -> HttpResponse | FileResponse:
        """The package itself, always as a download."""
        require(request, "plugins.view_artifact")
        version = self.get_object_or_404(request, object_id)
        try:
            file = open_artifact(version=version, actor=request.user)
        except DownloadRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(self.page_url(version))
        return FileResponse(
            file, as_attachment=True, filename=version.artifact.filename, content_type="application/octet-stream"
        )

    def sbom_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """The bill of materials, for whoever may see the version."""
        version = self.get_object_or_404(request, object_id)
        try:
            filename, content = download_sbom(version=version, actor=request.user)
        except NoBill:
            self.message_user(request, _("There is no bill of materials before the vetting has ended."), messages.ERROR)
            return HttpResponseRedirect(self.page_url(version))
        disposition = f'attachment; filename="{filename}"'
        return HttpResponse(content, content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition})

    def diff_view(self, request: SignedInRequest, object_id: str, before: int) -> HttpResponse:
        """The text that differs from an earlier version of the same plugin."""
        require(request, "plugins.view_artifact")
        version = self.get_object_or_404(request, object_id)
        earlier = get_object_or_404(PluginVersion.objects.filter(plugin=version.plugin_id), pk=before)
        try:
            files, more = text_diffs(before=earlier, after=version, actor=request.user)
        except DiffRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(f"{self.page_url(version)}#changes")
        context = {
            **self.admin_site.each_context(request),
            "title": _("What changed"),
            "opts": self.opts,
            "before": earlier,
            "after": version,
            "files": files,
            "more": more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/evidence/diff.html", context)

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The progress bar alone, polled by htmx; asks for the whole page once the run has ended."""
        version = self.get_object_or_404(request, object_id)
        run = version.runs.defer("report").first()
        progress = progress_of(run) if run else None
        response = TemplateResponse(
            request, "admin/evidence/_progress.html", {"progress": progress, "version": version}
        )
        if progress is None or not progress.under_way:
            response.status_code = HTMX_STOP_POLLING
            response["HX-Refresh"] = "true"
        return response

    def has_vet_permission(self, request: HttpRequest) -> bool:
        """Whether the user may queue runs."""
        return request.user.has_perm(VET_AGAIN)

    @admin.action(description=gettext_lazy("Vet again"), permissions=["vet"])
    def vet_again(self, request: SignedInRequest, queryset: QuerySet[PluginVersion]) -> None:
        """Queue another vetting run of each."""
        for version in queryset:
            self._vet(request, version)

    def _vet(self, request: SignedInRequest, version: PluginVersion) -> None:
        try:
            request_run(version=version, actor=request.user)
        except RunRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("A vetting run of %(version)s is queued.") % {"version": version})


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin[Submission]):
    """Who handed in what, when."""

    empty_text = gettext_lazy("Owners submit versions at /portal/submit/.")
    list_display = ("filename", "version", "submitted_by", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("version__plugin", "submitted_by")
    search_fields = ("filename", "version__plugin__name", "submitted_by__username")
