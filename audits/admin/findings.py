"""Audit findings in the admin: where their action plans are agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _

from audits import actions, campaigns
from audits.admin.inlines import ActionInline, is_open
from audits.campaigns import PARTS, AuditRefused
from audits.models import AuditFinding
from governance.admin.base import PortalAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.forms import BaseInlineFormSet, ModelForm
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

WRITTEN = ("title", "rating", *PARTS)


@admin.register(AuditFinding)
class AuditFindingAdmin(PortalAdmin[AuditFinding]):
    """Findings of all audits, each with its action plans."""

    empty_text = _("Findings are written on the page of an audit.")
    list_display = ("title", "rating_shown", "audit")
    list_filter = ("rating",)
    list_select_related = ("audit",)
    search_fields = ("title", "audit__code")
    fields = ("audit", *WRITTEN)
    readonly_fields = ("audit",)
    inlines = (ActionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Findings are added on their audit's page."""
        return False

    @admin.display(description=_("Rating"), ordering="rating")
    def rating_shown(self, finding: AuditFinding) -> SafeString:
        """How serious it is."""
        return state_badge(finding.rating, finding.get_rating_display())

    def has_change_permission(self, request: HttpRequest, obj: AuditFinding | None = None) -> bool:
        """Until the report is issued."""
        return is_open(obj) and super().has_change_permission(request, obj)

    def save_model(  # type: ignore[override]
        self, request: SignedInRequest, obj: AuditFinding, form: ModelForm[AuditFinding], change: bool
    ) -> None:
        """Through the service."""
        if not form.changed_data or not change:
            return
        try:
            values = {name: getattr(obj, name) for name in WRITTEN}
            campaigns.change_finding(finding=obj, actor=request.user, **values)
        except AuditRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)

    def save_formset(
        self,
        request: SignedInRequest,  # type: ignore[override]
        form: ModelForm[AuditFinding],
        formset: BaseInlineFormSet[Any, Any, Any],
        change: bool,  # noqa: ARG002 - Django's signature
    ) -> None:
        """Action plans through the services."""
        formset.save(commit=False)
        try:
            for plan in formset.new_objects:
                actions.plan_action(finding=form.instance, actor=request.user, **_said(plan))
            for plan, _fields in formset.changed_objects:
                actions.change_action(plan=plan, actor=request.user, **_said(plan))
        except AuditRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)


def _said(plan: Any) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in ("action", "owner", "deadline", "outcome")}
