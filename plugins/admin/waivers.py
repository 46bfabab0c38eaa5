"""Waivers in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.asking import ask
from governance.admin.base import ReadOnlyAdmin, admin_url, require
from governance.badges import badge
from plugins.enums import WaiverState
from plugins.models import Waiver
from plugins.services import waivers
from plugins.waiver_forms import ReasonForm

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

OPEN = (WaiverState.APPROVED, WaiverState.ACTIVE)
MOVES: dict[str, tuple[_StrPromise, _StrPromise, tuple[WaiverState, ...]]] = {
    "approve": (
        gettext_lazy("Approve"),
        gettext_lazy("From its first day on, the finding counts nowhere until the waiver ends."),
        (WaiverState.PROPOSED,),
    ),
    "decline": (gettext_lazy("Decline"), gettext_lazy("The finding goes on to count."), (WaiverState.PROPOSED,)),
    "revoke": (
        gettext_lazy("Revoke"),
        gettext_lazy("The finding counts again, and what was certified counting on the waiver is vetted again."),
        OPEN,
    ),
}
"""Moves of a waiver: title, what follows, the states it is possible in."""


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyAdmin[Waiver]):
    """Who accepted what, until when, and who agreed."""

    empty_text = gettext_lazy("A waiver is asked for on the page of an issue, by a reviewer or the owner.")
    list_display = ("shown", "issue", "plugin", "state_shown", "starts_on", "ends_on", "requested_by", "decided_by")
    list_filter = ("state", "ends_on", "issue__check_code")
    list_select_related = ("issue__plugin", "requested_by", "decided_by")
    search_fields = ("issue__title", "issue__plugin__name", "reason")
    fields = (
        "issue_link", "plugin", "state_shown", "reason", "measures", "starts_on", "ends_on", "requested_by",
        "requested_at", "decided_by", "decided_at", "outcome",
    )  # fmt: skip
    readonly_fields = ("issue_link", "plugin", "state_shown")
    change_form_template = "admin/evidence/moves.html"

    @admin.display(description=gettext_lazy("Waiver"), ordering="id")
    def shown(self, waiver: Waiver) -> str:
        """Its name."""
        return str(waiver)

    @admin.display(description=gettext_lazy("Issue"))
    def issue_link(self, waiver: Waiver) -> SafeString:
        """The issue, with the way there."""
        return format_html('<a href="{}">{}</a>', admin_url(waiver.issue, "change"), waiver.issue)

    @admin.display(description=gettext_lazy("Plugin"), ordering="issue__plugin__name")
    def plugin(self, waiver: Waiver) -> str:
        """The plugin it is about."""
        return waiver.issue.plugin.name

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, waiver: Waiver) -> SafeString:
        """The state as a badge."""
        return badge(waiver.get_state_display(), "good" if waiver.state in OPEN else "info")

    def get_urls(self) -> list[URLPattern]:
        """Django's, and the moves."""
        view = self.admin_site.admin_view(self.move_view)
        return [
            path("<path:object_id>/move/<slug:name>/", view, name="plugins_waiver_move"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with the moves that are possible and allowed now."""
        waiver = self.get_object_or_404(request, object_id)
        able = request.user.has_perm(waivers.DECIDE)
        moves = [
            (title, reverse("admin:plugins_waiver_move", args=[waiver.pk, name]), name == "revoke")
            for name, (title, _effect, states) in MOVES.items()
            if able and waiver.state in states
        ]
        if waiver.state == WaiverState.PROPOSED and waiver.requested_by_id == request.user.pk:
            moves = [
                (
                    gettext_lazy("Take it back"),
                    reverse("admin:plugins_waiver_move", args=[waiver.pk, "withdraw"]),
                    False,
                )
            ]
        return super().change_view(request, object_id, form_url, {"moves": moves, **(extra_context or {})})

    def move_view(self, request: SignedInRequest, object_id: str, name: str) -> HttpResponse:
        """Ask for the reason, then move."""
        waiver = self.get_object_or_404(request, object_id)
        own = name == "withdraw"
        if not own:
            require(request, waivers.DECIDE)
            if name not in MOVES:
                raise Http404
        title, effect = (_("Take it back"), _("The proposal ends.")) if own else MOVES[name][:2]
        form = ReasonForm(request.POST or None)
        if own:
            del form.fields["reason"]
        if request.method == "POST" and form.is_valid():
            try:
                self._move(waiver, name, request, form.cleaned_data.get("reason", ""))
            except waivers.WaiverRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                values = {"waiver": waiver, "state": waiver.get_state_display().lower()}
                self.message_user(request, _("%(waiver)s is %(state)s now.") % values, messages.SUCCESS)
                return HttpResponseRedirect(self.page_url(waiver))
        return ask(
            request,
            self,
            form,
            title=str(title),
            effect=f"{waiver}, {waiver.issue.title}: {effect}",
            back=self.page_url(waiver),
            danger=name == "revoke",
        )

    def _move(self, waiver: Waiver, name: str, request: SignedInRequest, words: str) -> None:
        actor = request.user
        if name == "withdraw":
            waivers.withdraw(waiver=waiver, actor=actor)
        elif name == "revoke":
            waivers.revoke(waiver=waiver, actor=actor, words=words)
        else:
            waivers.decide(waiver=waiver, actor=actor, approve=name == "approve", words=words)
