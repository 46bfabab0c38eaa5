"""Rows shown inside an audit's or a finding's page. What is issued is shown, never offered for editing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audits.evidence import FROZEN
from audits.models import ActionPlan, Audit, AuditFinding, EvidenceFile
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.contrib.admin import StackedInline as UnfoldStacked
    from django.contrib.admin import TabularInline as UnfoldTabular
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    Stacked = UnfoldStacked[Any, Any]
    Tabular = UnfoldTabular[Any, Any]
else:
    from unfold.admin import StackedInline as Stacked
    from unfold.admin import TabularInline as Tabular


def is_open(parent: Audit | AuditFinding | None) -> bool:
    """Whether what belongs to an audit may still change; true of an audit that is just being planned."""
    audit = parent.audit if isinstance(parent, AuditFinding) else parent
    return audit is None or audit.state not in FROZEN


class WhileOpen:
    """Rows that may be added and changed until the report is issued."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Until the report is issued."""
        return is_open(obj) and super().has_add_permission(request, obj)  # type: ignore[misc]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Until the report is issued."""
        return is_open(obj) and super().has_change_permission(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody deletes."""
        return False


class FindingInline(WhileOpen, Stacked):
    """The findings of an audit."""

    model = AuditFinding
    fields = ("title", "rating", "condition", "criterion", "cause", "effect", "recommendation", "plans_shown")
    readonly_fields = ("plans_shown",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditFinding]:
        """Each with the number of its action plans."""
        found: QuerySet[AuditFinding] = super().get_queryset(request).annotate(plans=Count("actions"))
        return found

    @admin.display(description=_("Action plans"))
    def plans_shown(self, finding: AuditFinding) -> SafeString | str:
        """How many there are, leading to where they are added: a report needs one for every finding."""
        if not finding.pk:
            return gettext("Save first; then they are added on the finding's own page.")
        address = reverse("admin:audits_auditfinding_change", args=[finding.pk])
        many: int = finding.plans  # type: ignore[attr-defined] # counted with the rows
        text = ngettext("%(n)d action plan, open the finding", "%(n)d action plans, open the finding", many) % {
            "n": many
        }
        return format_html('<a class="underline" href="{}">{}</a>', address, text)


class ActionInline(WhileOpen, Stacked):
    """The action plans of a finding."""

    model = ActionPlan
    fields = ("action", "owner", "deadline", "outcome", "state_shown")
    readonly_fields = ("state_shown",)
    autocomplete_fields = ("owner",)

    @admin.display(description=_("State"))
    def state_shown(self, plan: ActionPlan) -> SafeString:
        """Where it stands."""
        return state_badge(plan.state, plan.get_state_display())


class EvidenceInline(Tabular):
    """The evidence files of an audit; they are added on a page of their own."""

    model = EvidenceFile
    extra = 0
    can_delete = False
    fields = ("download", "finding", "size_shown", "sha256", "added_by", "added_at")
    readonly_fields = fields
    verbose_name_plural = _("evidence files")

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvidenceFile]:
        """With the names it shows."""
        return super().get_queryset(request).select_related("finding", "added_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """On a page of its own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - ditto
        """Evidence never changes."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - ditto
        """Auditors see it."""
        return request.user.has_perm("audits.view_evidencefile")

    @admin.display(description=_("File"))
    def download(self, evidence: EvidenceFile) -> SafeString:
        """Its title, as a link to its bytes."""
        address = reverse("audits:evidence", args=[evidence.pk])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, evidence.title)

    @admin.display(description=_("Size"))
    def size_shown(self, evidence: EvidenceFile) -> str:
        """Its size in words."""
        return filesizeformat(evidence.size)
