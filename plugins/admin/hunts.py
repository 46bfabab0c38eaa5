"""Hunts in the admin: how far one has come, what it hit, and what it could not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.admin.base import ReadOnlyAdmin, require, require_post
from governance.badges import state_badge
from governance.lineage import events_about
from plugins.admin.detection import ENFORCE
from plugins.admin.versions import HTMX_STOP_POLLING
from plugins.enums import RuleState
from plugins.models import Hunt, HuntGap, HuntHit
from plugins.services import hunts
from plugins.services.hunts import HuntRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

R = TypeVar("R", HuntHit, HuntGap)
CANCEL = "plugins.change_hunt"
SHOWN = 50


@admin.register(Hunt)
class HuntAdmin(ReadOnlyAdmin[Hunt]):
    """Hunts; one is started on the page of its rule."""

    empty_text = gettext_lazy("Start one on the page of a detection rule: “Hunt in stored artifacts”.")
    list_display = ("rule", "scope", "state_shown", "progress", "hit_versions", "errors", "started_by", "queued_at")
    list_filter = ("state", "scope")
    list_select_related = ("rule", "started_by")
    search_fields = ("rule__code", "rule__title", "reason")

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, hunt: Hunt) -> SafeString:
        """The state as a badge."""
        return state_badge(hunt.state, hunt.get_state_display())

    @admin.display(description=gettext_lazy("Looked at"))
    def progress(self, hunt: Hunt) -> str:
        """How many versions of how many."""
        return f"{hunt.done} / {hunt.total}"

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: progress, cancel, revalidate."""
        view = self.admin_site.admin_view
        own = [("progress", self.progress_view), ("cancel", self.cancel_view), ("revalidate", self.revalidate_view)]
        return [
            *(path(f"<path:object_id>/{name}/", view(to), name=f"plugins_hunt_{name}") for name, to in own),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One hunt."""
        hunt = self.get_object_or_404(request, object_id)
        certified = [] if hunt.is_open else list(hunts.certified_hits(hunt)[: SHOWN + 1])
        hits = list(_named(hunt.hits.all())[: SHOWN + 1])
        gaps = list(_named(hunt.gaps.all())[: SHOWN + 1])
        context = {
            **self.admin_site.each_context(request),
            "title": str(hunt),
            "original": hunt,
            "opts": self.opts,
            "hunt": hunt,
            "hits": hits[:SHOWN],
            "more_hits": len(hits) > SHOWN,
            "gaps": gaps[:SHOWN],
            "more_gaps": len(gaps) > SHOWN,
            "certified": certified[:SHOWN],
            "more_certified": len(certified) > SHOWN,
            "certified_ids": {version.pk for version in certified},
            "enforced": hunt.rule.state == RuleState.ENFORCED,
            "may_cancel": hunt.is_open and request.user.has_perm(CANCEL),
            "may_revalidate": request.user.has_perm(ENFORCE),
            "events": events_about([hunt], limit=10),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/detection/hunt.html", context)

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The progress bar alone, polled by htmx; asks for the whole page once the hunt has ended."""
        hunt = self.get_object_or_404(request, object_id)
        response = TemplateResponse(request, "admin/detection/_hunt_progress.html", {"hunt": hunt})
        if not hunt.is_open:
            response.status_code = HTMX_STOP_POLLING
            response["HX-Refresh"] = "true"
        return response

    def cancel_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Stop it."""
        require_post(request)
        require(request, CANCEL)
        hunt = self.get_object_or_404(request, object_id)
        try:
            hunts.cancel_hunt(hunt=hunt, actor=request.user)
        except HuntRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("The hunt is stopped; what it found stays."))
        return HttpResponseRedirect(self.page_url(hunt))

    def revalidate_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Have the certified versions that are hit vetted again."""
        require_post(request)
        require(request, ENFORCE)
        hunt = self.get_object_or_404(request, object_id)
        try:
            started = hunts.ask_revalidation(hunt=hunt, actor=request.user)
        except HuntRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            text = ngettext("%(count)d revalidation is queued.", "%(count)d revalidations are queued.", started)
            self.message_user(request, text % {"count": started})
        return HttpResponseRedirect(self.page_url(hunt))


def _named(rows: QuerySet[R]) -> QuerySet[R]:
    """With their versions' names, and not with all that is known of these."""
    return rows.select_related("version__plugin").defer("version__metadata", "version__declaration")


@admin.register(HuntHit)
class HuntHitAdmin(ReadOnlyAdmin[HuntHit]):
    """Places hunts found."""

    empty_text = gettext_lazy("No hunt has hit anything.")
    list_display = ("version", "path", "line", "excerpt", "hunt")
    list_select_related = ("version__plugin", "hunt__rule")
    search_fields = ("hunt__rule__code", "path", "version__plugin__name")
    ordering = ("-id",)


@admin.register(HuntGap)
class HuntGapAdmin(ReadOnlyAdmin[HuntGap]):
    """Versions that hunts could not answer."""

    empty_text = gettext_lazy("Every hunt answered for every version.")
    list_display = ("version", "reason", "hunt")
    list_select_related = ("version__plugin", "hunt__rule")
    search_fields = ("hunt__rule__code", "reason", "version__plugin__name")
    ordering = ("-id",)
