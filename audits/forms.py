"""Forms of the audits' admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from audits.evidence import add_evidence
from audits.models import AuditFinding

if TYPE_CHECKING:
    from audits.models import Audit, EvidenceFile
    from governance.models import User


class EvidenceForm(forms.Form):
    """A file an audit rests on."""

    title = forms.CharField(label=_("Title"), max_length=200, widget=forms.TextInput(attrs={"class": "pw-input"}))
    file = forms.FileField(label=_("File"), help_text=_("Any kind, up to 50 MiB. Its SHA-256 is noted and checked."))
    finding = forms.ModelChoiceField(
        label=_("Finding"),
        queryset=AuditFinding.objects.none(),
        required=False,
        empty_label=_("The audit as a whole"),
        widget=forms.Select(attrs={"class": "pw-input"}),
    )

    def __init__(self, *args: Any, audit: Audit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audit = audit
        self.fields["finding"].queryset = audit.findings.all()  # type: ignore[attr-defined]

    def save(self, *, actor: User) -> EvidenceFile:
        """Keep the file; raises audits.evidence.EvidenceRefused."""
        data = self.cleaned_data
        return add_evidence(
            audit=self.audit, title=data["title"], file=data["file"], finding=data["finding"], actor=actor
        )
