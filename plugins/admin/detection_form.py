"""The form of a detection rule. Every problem is found before anything is stored, by the engines themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.models.choices import choices
from governance.vocabulary import Capability, Severity
from plugins.detection.rule import LANGUAGES
from plugins.detection.validation import joined, split
from plugins.enums import RULE_KINDS
from plugins.models import DetectionRule
from plugins.services import detection

if TYPE_CHECKING:
    from governance.models import User

CODE = {"rows": 10, "spellcheck": "false", "class": "pw-input pw-code-input"}
LINE, TEXT = {"class": "pw-input"}, {"rows": 3, "class": "pw-input"}


class DetectionRuleForm(forms.Form):
    """A new rule, or a draft to be changed."""

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=60,
        widget=forms.TextInput(LINE),
        help_text=gettext_lazy(
            "Small letters, digits and dashes, such as npmrc-theft. Findings are known by it for good."
        ),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=200,
        widget=forms.TextInput(LINE),
        help_text=gettext_lazy("What is wrong where it hits, in a few words."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=list(RULE_KINDS.items()),
        widget=forms.Select(LINE),
        help_text=gettext_lazy("Beside the form is an example of each."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=[(name, name) for name in LANGUAGES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "JavaScript stands for TypeScript and scripts in HTML too. None: every file. Ast-grep needs one."
        ),
    )
    globs = forms.CharField(
        label=gettext_lazy("Files"),
        max_length=300,
        required=False,
        widget=forms.TextInput(LINE),
        help_text=gettext_lazy("Globs, separated by blanks, such as *.js package.json. Empty: every file."),
    )
    body = forms.CharField(
        label=gettext_lazy("Rule"),
        widget=forms.Textarea(CODE),
        strip=False,
        help_text=gettext_lazy(
            "YAML for ast-grep, YARA source, one regular expression (RE2), or a list with one entry a line."
        ),
    )
    hits = forms.CharField(
        label=gettext_lazy("Must hit"),
        widget=forms.Textarea({**CODE, "rows": 6}),
        strip=False,
        help_text=gettext_lazy(
            "At least one example. Put a line of three dashes between two; hosts and dependencies are one a line."
        ),
    )
    misses = forms.CharField(
        label=gettext_lazy("Must not hit"),
        widget=forms.Textarea({**CODE, "rows": 6}),
        strip=False,
        help_text=gettext_lazy("At least one example that looks like it and is harmless."),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=choices(Severity), initial="high", widget=forms.Select(LINE)
    )
    cwe = forms.CharField(
        label=gettext_lazy("CWE"), max_length=20, required=False, widget=forms.TextInput(LINE), help_text="CWE-506"
    )
    capability = forms.ChoiceField(
        label=gettext_lazy("Capability"),
        choices=[("", gettext_lazy("None")), *choices(Capability)],
        required=False,
        widget=forms.Select(LINE),
        help_text=gettext_lazy("What a hit in code shows the plugin to do; undeclared, it counts as that too."),
    )
    message = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=2000,
        widget=forms.Textarea(TEXT),
        help_text=gettext_lazy("Why it is bad, for the plugin's owner."),
    )
    remediation = forms.CharField(
        label=gettext_lazy("How to fix"),
        max_length=2000,
        widget=forms.Textarea(TEXT),
        help_text=gettext_lazy("What the owner has to do about a hit."),
    )
    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=2000,
        widget=forms.Textarea(TEXT),
        help_text=gettext_lazy("The incident, advisory or report it comes from, with its address."),
    )

    def __init__(self, data: Any = None, *, rule: DetectionRule | None = None) -> None:
        super().__init__(data, initial=_initial(rule) if rule else None)
        self.rule = rule
        if rule:  # the code of a revision never changes
            self.fields["code"].disabled = True

    def clean_code(self) -> str:
        """A code of which there is no draft yet."""
        code: str = self.cleaned_data["code"]
        if self.rule is None and DetectionRule.objects.filter(code=code).exists():
            raise forms.ValidationError(
                _("There is a rule %(code)s already: write a new revision on its page.") % {"code": code}
            )
        return code

    def content(self) -> detection.Content:
        """What was written."""
        data = self.cleaned_data
        return detection.Content(
            **{name: data[name] for name in ("kind", "title", "severity", "message", "remediation", "why")},
            **{name: data[name] for name in ("cwe", "capability", "languages")},
            files=data["globs"],
            body=data["body"].replace("\r\n", "\n"),
            hits=split(data["hits"], data["kind"]),
            misses=split(data["misses"], data["kind"]),
        )

    def save(self, *, actor: User) -> DetectionRule | None:
        """Store it; None where it is refused, and then the form says why."""
        try:
            if self.rule:
                return detection.change_draft(rule=self.rule, content=self.content(), actor=actor)
            return detection.draft_rule(code=self.cleaned_data["code"], content=self.content(), actor=actor)
        except detection.RuleRefused as refusal:
            for message in refusal.messages:
                self.add_error(None, message)
            return None


def _initial(rule: DetectionRule) -> dict[str, Any]:
    special = {"globs": rule.files, "hits": joined(rule.hits), "misses": joined(rule.misses)}
    plain = [name for name in DetectionRuleForm.base_fields if name not in special]
    return {**{name: getattr(rule, name) for name in plain}, **special}
