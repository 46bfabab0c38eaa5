"""Forms of the kernel's admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models import PolicyVersion
from governance.policies import PolicyInvalid, read_policy
from governance.services.policies import published_rules, store_policy

if TYPE_CHECKING:
    from governance.models import User


def next_document() -> str:
    """The policy in force as YAML, for somebody to change; its version is left to be raised."""
    import yaml  # noqa: PLC0415 - start-up time

    return yaml.safe_dump(published_rules().to_dict(), sort_keys=False, allow_unicode=True, width=120)


class PolicyDraftForm(forms.Form):
    """A policy document in YAML or JSON; the one in force is where a new one starts."""

    document = forms.CharField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy(
            "The policy in force, to be changed: give it a new version and say in the summary what changes. "
            "YAML or JSON, as docs/policy.md describes it. Every problem is named before it is stored."
        ),
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "pw-input pw-code-input"}),
    )

    def clean_document(self) -> str:
        """Read the rules.

        Raises:
            ValidationError: naming every problem, or that the version exists.
        """
        text: str = self.cleaned_data["document"]
        try:
            self.rules = read_policy(text)
        except PolicyInvalid as problem:
            raise forms.ValidationError(list(problem.messages)) from problem
        if PolicyVersion.objects.filter(version=self.rules.version).exists():
            raise forms.ValidationError(_("There is a version %(version)s already.") % {"version": self.rules.version})
        return text

    def save(self, *, actor: User) -> PolicyVersion:
        """Store the draft."""
        return store_policy(rules=self.rules, actor=actor)
