"""The living policy: drafts to be written, one version in force, all of them to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.admin.base import PortalAdmin, ReadOnlyAdmin, require, require_post
from governance.admin.forms import PolicyDraftForm, next_document
from governance.badges import state_badge
from governance.models import Criterion, PolicyState, PolicyVersion
from governance.services.policies import PolicyRefused, publish_policy

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

PUBLISH = "governance.publish_policyversion"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(PortalAdmin[PolicyVersion]):
    """Versions of the policy. Rules are handed in whole, title and summary with them, so only the dates are edited."""

    empty_text = gettext_lazy("Run `manage.py prepare`: it publishes the baseline policy.")
    list_display = ("version", "title", "state_shown", "criteria_count", "effective_on", "review_by", "published_at")
    list_filter = ("state",)
    search_fields = ("version", "title")
    readonly_fields = (
        "version", "title", "summary", "state_shown", "digest", "published_at", "tiers", "checks", "criteria_link",
    )  # fmt: skip
    fields = (
        "version", "title", "state_shown", "summary", "effective_on", "review_by", "published_at", "digest",
        "criteria_link", "tiers", "checks",
    )  # fmt: skip
    change_form_template = "admin/governance/policyversion/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        """With the number of criteria."""
        return super().get_queryset(request).annotate(criteria_total=Count("criteria"))

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        """Only what is not in force, and never was, can be edited."""
        frozen = obj is not None and obj.state not in {PolicyState.DRAFT, PolicyState.IN_REVIEW}
        return not frozen and super().has_change_permission(request, obj)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, policy: PolicyVersion) -> SafeString:
        """The state as a badge."""
        return state_badge(policy.state, policy.get_state_display())

    @admin.display(description=gettext_lazy("Criteria"), ordering="criteria_total")
    def criteria_count(self, policy: PolicyVersion) -> int:
        """How many criteria it has."""
        return policy.criteria_total  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=gettext_lazy("Criteria"))
    def criteria_link(self, policy: PolicyVersion) -> SafeString:
        """The list of its criteria."""
        address = reverse("admin:governance_criterion_changelist") + f"?policy__id__exact={policy.pk}"
        return format_html('<a class="pw-link" href="{}">{}</a>', address, _("Show all"))

    @admin.display(description=gettext_lazy("Risk tiers"))
    def tiers(self, policy: PolicyVersion) -> SafeString:
        """What each tier means."""
        return _rules_table(policy.rules.get("tiers", {}), ("min_score", "validity_days", "approvals_needed"))

    @admin.display(description=gettext_lazy("Checks"))
    def checks(self, policy: PolicyVersion) -> SafeString:
        """Which checks are enforced and required."""
        return _rules_table(policy.rules.get("checks", {}), ("enforced", "required"))

    def get_urls(self) -> list[URLPattern]:
        """Django's, and one for publishing."""
        publish = self.admin_site.admin_view(self.publish_view)
        return [
            path("<path:object_id>/publish/", publish, name="governance_policyversion_publish"),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",  # noqa: ARG002 - Django's signature
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A new draft: the whole document, checked before anything is stored."""
        require(request, "governance.add_policyversion")
        form = PolicyDraftForm(request.POST or None, initial={"document": next_document()})
        if request.method == "POST" and form.is_valid():
            policy = form.save(actor=request.user)  # type: ignore[arg-type]
            self.message_user(request, _("Draft %(version)s is stored.") % {"version": policy.version})
            return HttpResponseRedirect(self.page_url(policy))
        context = {
            **self.admin_site.each_context(request),
            "title": _("New policy draft"),
            "opts": self.opts,
            "form": form,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/governance/policyversion/add_form.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's form, with the button that puts the version in force for those who may."""
        extra = {"may_publish": request.user.has_perm(PUBLISH), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def publish_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Put a version in force; the one before retires."""
        require_post(request)
        require(request, PUBLISH)
        policy = self.get_object_or_404(request, object_id)
        try:
            publish_policy(policy=policy, actor=request.user)
        except PolicyRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("%(policy)s is in force.") % {"policy": policy}, messages.SUCCESS)
        return HttpResponseRedirect(self.page_url(policy))


@admin.register(Criterion)
class CriterionAdmin(ReadOnlyAdmin[Criterion]):
    """Criteria as decisions cite them; they change with a new policy version only."""

    empty_text = gettext_lazy("Run `manage.py prepare`: it publishes the baseline policy.")
    list_display = ("code", "title", "category", "kind", "blocking", "policy")
    list_filter = ("policy", "kind", "blocking", "category")
    list_select_related = ("policy",)
    search_fields = ("code", "title", "statement")
    fields = (
        "policy", "code", "title", "category", "kind", "blocking", "statement", "reason", "remediation",
        "deadline_days", "frameworks",
    )  # fmt: skip
    readonly_fields = ("frameworks",)

    @admin.display(description=gettext_lazy("Mapping to frameworks"))
    def frameworks(self, criterion: Criterion) -> str:
        """Where it comes from."""
        return mapping_text(criterion.mapping)


def mapping_text(mapping: Any) -> str:
    """A criterion's references in one line."""
    entries = mapping if isinstance(mapping, list) else []
    return " · ".join(f"{entry.get('framework', '')} {entry.get('reference', '')}".strip() for entry in entries)


def _rules_table(rows: dict[str, dict[str, Any]], columns: tuple[str, ...]) -> SafeString:
    titles = [column.replace("_", " ").capitalize() for column in columns]
    body = [(name, [row.get(column, "") for column in columns]) for name, row in rows.items()]
    return render_to_string("admin/rules_table.html", {"columns": titles, "rows": body})
