"""Decisions and answers in the admin: precedents to search, nothing to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from certification.models import CriterionAnswer, Decision
from governance.admin.base import ReadOnlyAdmin
from governance.badges import state_badge

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """What was decided, by whom, why, on which criteria."""

    empty_text = _("A decision ends a review: claim one in the queue and decide on its page.")
    list_display = ("review", "outcome_shown", "decided_by", "decided_at", "reason")
    list_filter = ("outcome", "decided_at", "review__version__plugin__format")
    list_select_related = ("review__version__plugin", "decided_by")
    search_fields = ("reason", "conditions", "review__version__plugin__name", "=criteria__code")
    search_help_text = _("Reason, plugin or criterion")
    fields = ("review", "outcome_shown", "reason", "conditions", "cited", "decided_by", "decided_at")
    readonly_fields = ("outcome_shown", "cited")

    @admin.display(description=_("Decision"), ordering="outcome")
    def outcome_shown(self, decision: Decision) -> SafeString:
        """The outcome as a badge."""
        return state_badge(decision.outcome, decision.get_outcome_display())

    @admin.display(description=_("Criteria cited"))
    def cited(self, decision: Decision) -> str:
        """The criteria it rests on."""
        return " · ".join(str(criterion) for criterion in decision.criteria.all())


@admin.register(CriterionAnswer)
class CriterionAnswerAdmin(ReadOnlyAdmin[CriterionAnswer]):
    """Reviewers' answers to criteria no check can answer."""

    empty_text = _("Reviewers answer criteria on the page of a review they have claimed.")
    list_display = ("criterion", "outcome_shown", "review", "answered_by", "note")
    list_filter = ("outcome", "criterion__category")
    list_select_related = ("criterion", "review__version__plugin", "answered_by")
    search_fields = ("note", "criterion__code", "review__version__plugin__name")

    @admin.display(description=_("Outcome"), ordering="outcome")
    def outcome_shown(self, answer: CriterionAnswer) -> SafeString:
        """The outcome as a badge."""
        return state_badge(answer.outcome, answer.get_outcome_display())
