"""Decisions about files in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.asking import ask
from governance.admin.base import ReadOnlyAdmin, require
from governance.badges import badge, state_badge
from plugins.enums import FileVerdict, RulingState
from plugins.models import FileDecision, VersionFile
from plugins.services import file_decisions
from plugins.waiver_forms import FileDecisionForm, ReasonForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest


@admin.register(FileDecision)
class FileDecisionAdmin(ReadOnlyAdmin[FileDecision]):
    """Files blocked or allowed in all plugins."""

    empty_text = gettext_lazy("Nobody has blocked or allowed a file yet. Lead reviewers do, by its SHA-256.")
    list_display = (
        "shown",
        "verdict_shown",
        "state_shown",
        "digest",
        "shipped",
        "ends_on",
        "requested_by",
        "decided_by",
    )
    list_filter = ("verdict", "state", "ends_on")
    list_select_related = ("requested_by", "decided_by")
    search_fields = ("=sha256", "reason")
    search_help_text = gettext_lazy("SHA-256 of the file, whole, or words of the reason")
    fields = (
        "verdict_shown", "state_shown", "sha256", "reason", "ends_on", "requested_by", "requested_at", "decided_by",
        "where",
    )  # fmt: skip
    readonly_fields = ("verdict_shown", "state_shown", "where")
    change_form_template = "admin/evidence/moves.html"
    list_before_template = "admin/evidence/decide_file_link.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FileDecision]:
        """With the number of versions that ship the file."""
        files = VersionFile.objects.filter(sha256=OuterRef("sha256")).order_by().values("sha256")
        count = files.annotate(n=Count("version", distinct=True)).values("n")
        return super().get_queryset(request).annotate(versions_total=Coalesce(Subquery(count), 0))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the way to a new decision for those who may."""
        extra = {"may_decide": request.user.has_perm(file_decisions.DECIDE), **(extra_context or {})}
        return super().changelist_view(request, extra)

    @admin.display(description=gettext_lazy("Decision"), ordering="id")
    def shown(self, decision: FileDecision) -> str:
        """Its name."""
        return str(decision)

    @admin.display(description=gettext_lazy("File is"), ordering="verdict")
    def verdict_shown(self, decision: FileDecision) -> SafeString:
        """Blocked or allowed."""
        return badge(decision.get_verdict_display(), "bad" if decision.verdict == FileVerdict.BLOCK else "good")

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, decision: FileDecision) -> SafeString:
        """The state as a badge."""
        return state_badge(decision.state, decision.get_state_display())

    @admin.display(description=gettext_lazy("SHA-256"), ordering="sha256")
    def digest(self, decision: FileDecision) -> str:
        """The start of the digest."""
        return decision.sha256[:12]

    @admin.display(description=gettext_lazy("Versions that ship it"), ordering="versions_total")
    def shipped(self, decision: FileDecision) -> int:
        """How many."""
        return decision.versions_total  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=gettext_lazy("Where it ships"))
    def where(self, decision: FileDecision) -> SafeString:
        """The way to the list of shipped files."""
        address = reverse("admin:plugins_versionfile_changelist")
        count = len(file_decisions.shipping(decision.sha256))
        text = _("%(count)s versions") % {"count": count}
        return format_html('<a href="{}?q={}">{}</a>', address, decision.sha256, text)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: decide about a file, confirm, end."""
        view = self.admin_site.admin_view
        return [
            path("decide/", view(self.decide_view), name="plugins_filedecision_decide"),
            path("<path:object_id>/move/<slug:name>/", view(self.move_view), name="plugins_filedecision_move"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with what can be done now."""
        decision = self.get_object_or_404(request, object_id)
        moves: list[tuple[str, str, bool]] = []
        if request.user.has_perm(file_decisions.DECIDE) and decision.state != RulingState.ENDED:
            address = "admin:plugins_filedecision_move"
            if decision.state == RulingState.PROPOSED and decision.requested_by_id != request.user.pk:
                moves.append((_("Confirm"), reverse(address, args=[decision.pk, "confirm"]), False))
            moves.append((_("End it"), reverse(address, args=[decision.pk, "end"]), True))
        return super().change_view(request, object_id, form_url, {"moves": moves, **(extra_context or {})})

    def decide_view(self, request: SignedInRequest) -> HttpResponse:
        """Block a file, or propose to allow it."""
        require(request, "plugins.view_filedecision", file_decisions.DECIDE)
        form = FileDecisionForm(request.POST or None, initial={"sha256": request.GET.get("sha256", "")[:64]})
        if request.method == "POST" and form.is_valid():
            values = {**form.cleaned_data, "verdict": FileVerdict(form.cleaned_data["verdict"])}
            try:
                decision = file_decisions.decide_file(actor=request.user, **values)
            except file_decisions.FileDecisionRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                count = len(file_decisions.shipping(decision.sha256))
                said = {"decision": decision, "state": decision.get_state_display().lower(), "count": count}
                self.message_user(
                    request, _("%(decision)s is %(state)s; %(count)s versions ship the file.") % said, messages.SUCCESS
                )
                return HttpResponseRedirect(self.page_url(decision))
        return ask(
            request,
            self,
            form,
            title=_("Decide about a file"),
            effect=_(
                "It acts on these very bytes in every plugin that ships them. Blocking suspends live certificates."
            ),
            back=reverse("admin:plugins_filedecision_changelist"),
        )

    def move_view(self, request: SignedInRequest, object_id: str, name: str) -> HttpResponse:
        """Confirm a proposal, or end a decision with a reason."""
        require(request, file_decisions.DECIDE)
        decision = self.get_object_or_404(request, object_id)
        moves: dict[str, tuple[str, Callable[[str], FileDecision]]] = {
            "confirm": (_("Confirm"), lambda _words: file_decisions.confirm(decision=decision, actor=request.user)),
            "end": (
                _("End it"),
                lambda words: file_decisions.end(decision=decision, actor=request.user, reason=words),
            ),
        }
        if name not in moves:
            raise Http404
        title, move = moves[name]
        form = ReasonForm(request.POST or None)
        if name == "confirm":
            del form.fields["reason"]
        if request.method == "POST" and form.is_valid():
            try:
                move(form.cleaned_data.get("reason", ""))
            except file_decisions.FileDecisionRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                values = {"decision": decision, "state": decision.get_state_display().lower()}
                self.message_user(request, _("%(decision)s is %(state)s now.") % values, messages.SUCCESS)
                return HttpResponseRedirect(self.page_url(decision))
        return ask(
            request,
            self,
            form,
            title=title,
            effect=f"{decision}, {decision.get_verdict_display().lower()}: {decision.reason}",
            back=self.page_url(decision),
            danger=name == "end",
        )
