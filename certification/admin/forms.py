"""The forms of the review page: an answer to a criterion, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certification.enums import DecisionOutcome
from governance.models import Criterion, CriterionKind
from plugins.enums import Outcome

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from certification.models import Review

ANSWERABLE = (CriterionKind.MANUAL, CriterionKind.ATTESTATION)


def criteria_of(review: Review) -> QuerySet[Criterion]:
    """The criteria of the policy version the run was judged by."""
    return Criterion.objects.filter(policy=review.run.policy_id).order_by("position")


class AnswerForm(forms.Form):
    """What a reviewer saw, for a criterion no check can answer."""

    criterion = forms.ModelChoiceField(queryset=Criterion.objects.none())
    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[choice for choice in Outcome.choices if choice[0] != "unanswered"]
    )
    note = forms.CharField(label=_("What you saw"), max_length=4000)

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].queryset = criteria_of(review).filter(kind__in=ANSWERABLE)  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """The decision. Which criteria it cites is a list of boxes: those not met come ticked."""

    outcome = forms.ChoiceField(label=_("Decision"), choices=DecisionOutcome.choices, widget=forms.RadioSelect)
    criteria = forms.ModelMultipleChoiceField(
        label=_("Criteria it rests on"),
        queryset=Criterion.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one criterion: a decision without grounds helps nobody.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The owner reads it. Say what was decided on which evidence."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "pw-input"}),
        max_length=8000,
    )
    conditions = forms.CharField(
        label=_("Conditions"),
        help_text=_("What the platform must keep to. Goes into the certificate."),
        widget=forms.Textarea(attrs={"rows": 2, "class": "pw-input"}),
        required=False,
        max_length=4000,
    )

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criteria"].queryset = criteria_of(review)  # type: ignore[attr-defined]

    def clean_outcome(self) -> DecisionOutcome:
        """As the enum the service takes."""
        return DecisionOutcome(self.cleaned_data["outcome"])

    def clean_criteria(self) -> list[Criterion]:
        """As a list, read once."""
        return list(self.cleaned_data["criteria"])
