"""Audits in the admin: everything is written by services; an issued audit is read-only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits import campaigns
from audits.admin.inlines import EvidenceInline, FindingInline, is_open
from audits.campaigns import PARTS, AuditRefused
from audits.enums import AuditState
from audits.evidence import EvidenceRefused
from audits.forms import EvidenceForm
from audits.models import Audit
from governance.admin.base import PortalAdmin, require, require_post
from governance.badges import state_badge

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import BaseInlineFormSet, ModelForm
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

CHANGE = "audits.change_audit"
ISSUE = "audits.issue_audit"


class Move(NamedTuple):
    """One step of an audit."""

    name: str
    title: _StrPromise
    permission: str
    service: Callable[..., object]
    possible_from: tuple[AuditState, ...]


MOVES = {
    move.name: move
    for move in (
        Move("begin", gettext_lazy("Begin fieldwork"), CHANGE, campaigns.begin, (AuditState.PLANNED,)),
        Move("draft", gettext_lazy("Write the report"), CHANGE, campaigns.draft, (AuditState.FIELDWORK,)),
        Move("reopen", gettext_lazy("Back to fieldwork"), CHANGE, campaigns.reopen_fieldwork, (AuditState.DRAFT,)),
        Move("issue", gettext_lazy("Issue the report …"), ISSUE, campaigns.issue, (AuditState.DRAFT,)),
        Move("follow-up", gettext_lazy("Begin follow-up"), CHANGE, campaigns.follow_up, (AuditState.ISSUED,)),
        Move(
            "close",
            gettext_lazy("Close"),
            CHANGE,
            campaigns.close,
            (AuditState.ISSUED, AuditState.FOLLOW_UP),
        ),
    )
}
CONFIRMED = frozenset({"issue"})
"""Steps that cannot be undone, asked for once more on a page of their own."""


@admin.register(Audit)
class AuditAdmin(PortalAdmin[Audit]):
    """Audits with their findings and evidence."""

    empty_text = gettext_lazy(
        "Plan an audit with “Add”: its period, scope and method. Findings and evidence follow on its page."
    )
    list_display = ("code", "title", "state_shown", "period_from", "period_to", "lead", "issued_at")
    list_filter = ("state",)
    list_select_related = ("lead",)
    search_fields = ("code", "title")
    autocomplete_fields = ("lead",)
    fieldsets = (
        (None, {"fields": ("code", "title", ("period_from", "period_to"), "lead", "state_shown", "issued_at")}),
        (gettext_lazy("Terms"), {"fields": ("objective", "scope", "method")}),
        (gettext_lazy("Conclusion"), {"fields": ("conclusion",)}),
    )
    readonly_fields = ("state_shown", "issued_at")
    inlines = (FindingInline, EvidenceInline)
    change_form_template = "admin/audits/audit/change_form.html"

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, audit: Audit) -> SafeString:
        """Where it stands."""
        return state_badge(audit.state, audit.get_state_display())

    def has_change_permission(self, request: HttpRequest, obj: Audit | None = None) -> bool:
        """Until the report is issued; the steps after it have permissions of their own."""
        return is_open(obj) and super().has_change_permission(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever opens the form most likely leads the audit."""
        return {"lead": request.user.pk, **super().get_changeform_initial_data(request)}

    def get_urls(self) -> list[URLPattern]:
        """Django's, the steps, and the page that adds evidence."""
        wrap = self.admin_site.admin_view
        own = [
            path("<str:object_id>/move/<slug:name>/", wrap(self.move_view), name="audits_audit_move"),
            path("<str:object_id>/evidence/", wrap(self.evidence_view), name="audits_audit_evidence"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with the steps that are possible and allowed now, and the reports made."""
        audit = self.get_object_or_404(request, object_id)
        extra = {
            "audit": audit,
            "moves": self._moves(request, audit),
            "may_add_evidence": is_open(audit) and request.user.has_perm("audits.add_evidencefile"),
            "reports": list(audit.reports.defer("snapshot")),
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, extra)

    def _moves(self, request: HttpRequest, audit: Audit) -> list[dict[str, object]]:
        return [
            {
                "title": move.title,
                "address": reverse("admin:audits_audit_move", args=[audit.pk, move.name]),
                "asks": move.name in CONFIRMED,
            }
            for move in MOVES.values()
            if audit.state in move.possible_from and request.user.has_perm(move.permission)
        ]

    def move_view(self, request: SignedInRequest, object_id: str, name: str) -> HttpResponse:
        """Take a step; issuing asks once more first."""
        audit = self.get_object_or_404(request, object_id)
        move = MOVES.get(name)
        if move is None:
            raise Http404(_("There is no such step."))
        require(request, move.permission)
        if name in CONFIRMED and request.method == "GET":
            context = {**self.admin_site.each_context(request), "opts": self.opts, "audit": audit, "title": move.title}
            return TemplateResponse(request, "admin/audits/audit/issue.html", context)
        require_post(request)
        try:
            move.service(audit=audit, actor=request.user)
        except AuditRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            values = {"audit": audit.code, "state": audit.get_state_display()}
            self.message_user(request, _("%(audit)s: %(state)s.") % values, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(audit))

    def evidence_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Add an evidence file."""
        audit = self.get_object_or_404(request, object_id)
        require(request, "audits.add_evidencefile")
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = EvidenceForm(*sent, audit=audit)
        if request.method == "POST" and form.is_valid():
            try:
                form.save(actor=request.user)
            except EvidenceRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                self.message_user(request, _("The file is kept with its digest."), messages.SUCCESS)
                return HttpResponseRedirect(self.page_url(audit))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "audit": audit,
            "form": form,
            "title": _("Add evidence"),
        }
        return TemplateResponse(request, "admin/audits/audit/evidence.html", context)

    def save_model(self, request: SignedInRequest, obj: Audit, form: ModelForm[Audit], change: bool) -> None:  # type: ignore[override]
        """Through the services."""
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data if name in campaigns.PLAN}
            self._try(request, partial(campaigns.update_audit, audit=obj, actor=request.user, **changes))
            return
        values = {name: form.cleaned_data[name] for name in campaigns.PLAN if name != "conclusion"}
        created = campaigns.create_audit(actor=request.user, **values)
        obj.pk = created.pk
        obj._state.adding = False  # noqa: SLF001 - the service has stored it

    def save_formset(
        self,
        request: SignedInRequest,  # type: ignore[override]
        form: ModelForm[Audit],
        formset: BaseInlineFormSet[Any, Any, Any],
        change: bool,  # noqa: ARG002 - Django's signature
    ) -> None:
        """Findings through the services; evidence has a page of its own."""
        formset.save(commit=False)
        for finding in formset.new_objects:
            self._try(
                request, partial(campaigns.add_finding, audit=form.instance, actor=request.user, **_said(finding))
            )
        for finding, _fields in formset.changed_objects:
            self._try(request, partial(campaigns.change_finding, finding=finding, actor=request.user, **_said(finding)))

    def _try(self, request: HttpRequest, change: Callable[[], object]) -> None:
        try:
            change()
        except AuditRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)


def _said(finding: Any) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("title", "rating", *PARTS)}
