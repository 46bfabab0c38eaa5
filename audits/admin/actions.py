"""Action plans in the admin: reported done, confirmed or opened again, by list actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits import actions as services
from audits.campaigns import AuditRefused
from audits.models import ActionPlan
from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

MOVE = "audits.change_actionplan"
MOST = 50
"""Action plans moved at once."""


@admin.register(ActionPlan)
class ActionPlanAdmin(ReadOnlyAdmin[ActionPlan]):
    """All action plans, what is due first on top."""

    empty_text = gettext_lazy("Action plans are written on the page of an audit's finding.")
    list_display = ("__str__", "state_shown", "owner", "deadline", "finding")
    list_filter = ("state", "deadline")
    list_select_related = ("owner", "finding")
    search_fields = ("action", "finding__title", "finding__audit__code")
    fields = ("finding", "action", "owner", "deadline", "outcome", "state_shown")
    readonly_fields = ("state_shown",)
    actions = ("report_done", "confirm", "reopen")

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, plan: ActionPlan) -> SafeString:
        """Where it stands."""
        return state_badge(plan.state, plan.get_state_display())

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Whether the user is an auditor."""
        return request.user.has_perm(MOVE)

    @admin.action(description=gettext_lazy("Report done"), permissions=["move"])
    def report_done(self, request: SignedInRequest, queryset: QuerySet[ActionPlan]) -> None:
        """Note that they are done."""
        self._each(request, queryset, services.report_done)

    @admin.action(description=gettext_lazy("Confirm"), permissions=["move"])
    def confirm(self, request: SignedInRequest, queryset: QuerySet[ActionPlan]) -> None:
        """Note that an auditor has seen it."""
        self._each(request, queryset, services.confirm)

    @admin.action(description=gettext_lazy("Open again"), permissions=["move"])
    def reopen(self, request: SignedInRequest, queryset: QuerySet[ActionPlan]) -> None:
        """Note that they are not done."""
        self._each(request, queryset, services.reopen)

    def _each(
        self, request: SignedInRequest, queryset: QuerySet[ActionPlan], service: Callable[..., ActionPlan]
    ) -> None:
        for plan in queryset.select_related("finding__audit", "owner")[:MOST]:
            try:
                service(plan=plan, actor=request.user)
            except AuditRefused as refusal:
                self.message_user(request, f"{plan}: {refusal}", messages.ERROR)
            else:
                values = {"plan": plan, "state": plan.get_state_display()}
                self.message_user(request, _("%(plan)s: %(state)s.") % values, messages.SUCCESS)
