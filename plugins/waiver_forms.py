"""Forms about issues, waivers and files, for the admin and the portal alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plugins.enums import FileVerdict, Triage

AREA = {"rows": 4, "class": "pw-input"}


class NoteForm(forms.Form):
    """Say something of an issue. Who may not triage is not asked for a verdict."""

    text = forms.CharField(
        label=gettext_lazy("Note"), max_length=4000, widget=forms.Textarea(attrs={**AREA, "rows": 3})
    )
    triage = forms.ChoiceField(
        label=gettext_lazy("Triage"),
        required=False,
        choices=[("", gettext_lazy("As it is")), *Triage.choices],
        widget=forms.Select(attrs={"class": "pw-input"}),
    )
    internal = forms.BooleanField(label=gettext_lazy("For reviewers only"), required=False)

    def __init__(self, *args: Any, triages: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not triages:
            del self.fields["triage"], self.fields["internal"]


class ReasonForm(forms.Form):
    """Why something is decided."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Owner and auditors read it."),
        max_length=4000,
        widget=forms.Textarea(attrs=AREA),
    )


class WaiverForm(forms.Form):
    """Ask for a waiver of one issue. `days` is the longest the policy allows."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Why it may stay although it was found."),
        max_length=4000,
        widget=forms.Textarea(attrs=AREA),
    )
    measures = forms.CharField(
        label=gettext_lazy("Compensating measures"),
        help_text=gettext_lazy("What keeps it harmless until then. Optional."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={**AREA, "rows": 2}),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date", "class": "pw-input"})
    )

    def __init__(self, *args: Any, days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        last = today + timedelta(days=days - 1)
        field = self.fields["ends_on"]
        field.initial = last
        field.help_text = _("The last day it holds: the policy allows %(days)s days.") % {"days": days}
        field.widget.attrs |= {"min": today.isoformat(), "max": last.isoformat()}


class FileDecisionForm(forms.Form):
    """Decide about a file by its bytes."""

    sha256 = forms.RegexField(
        r"\A\s*[0-9a-fA-F]{64}\s*\Z",
        label=gettext_lazy("SHA-256 of the file"),
        help_text=gettext_lazy("Of the file itself, as the list of shipped files shows it, not of the package."),
        error_messages={"invalid": gettext_lazy("64 hexadecimal digits.")},
        widget=forms.TextInput(attrs={"class": "pw-input", "spellcheck": "false", "autocomplete": "off"}),
    )
    verdict = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=FileVerdict.choices,
        help_text=gettext_lazy("Blocked holds at once. Allowed waits for a second person and needs an end."),
        widget=forms.Select(attrs={"class": "pw-input"}),
    )
    reason = ReasonForm.base_fields["reason"]
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The last day it holds. A block may do without."),
        widget=forms.DateInput(attrs={"type": "date", "class": "pw-input"}),
    )
