"""The portal's forms. Refusals of the services become errors of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plugins.models import OwnerTeam

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from governance.models import User

SUFFIXES = (".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".zip", ".whl")
"""What the file dialogue offers; intake looks at the bytes, not at the name."""


class SubmitForm(forms.Form):
    """Hand a package in. The team is asked only of those who act for several."""

    package = forms.FileField(
        label=_("Package file"),
        max_length=255,
        allow_empty_file=True,  # the service refuses it, and notes who tried
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        error_messages={
            "required": _("Choose the package file."),
            "missing": _("Choose the package file."),
            "max_length": _("The file's name is longer than 255 characters."),
        },
    )
    attestation = forms.FileField(
        label=_("Proof of origin"),
        required=False,
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".json,.jsonl,.attestation,.provenance,.sigstore,.intoto"}),
        help_text=_(
            "Attestations as npm, PyPI or your build service give them: who built it, from which commit. Optional."
        ),
    )
    source = forms.FileField(
        label=_("Source archive"),
        required=False,
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        help_text=_("The package's files are compared with it one by one. Optional."),
    )
    team = forms.ModelChoiceField(
        label=_("Owner team"),
        queryset=OwnerTeam.objects.none(),
        required=False,
        empty_label=None,
        help_text=_("Who will answer for the plugin if it is new. A known plugin stays with its team."),
    )
    note = forms.CharField(
        label=_("Note to the reviewers"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What changed, what to look at. Optional."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = OwnerTeam.objects.of(user)
        if len(teams) > 1:
            self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        else:
            del self.fields["team"]

    def clean_package(self) -> UploadedFile[Any]:
        """One file.

        Raises:
            ValidationError: there are several, of which one would have won unseen.
        """
        if len(self.files.getlist("package")) > 1:
            raise forms.ValidationError(_("Choose one file: every package is submitted by itself."))
        upload: UploadedFile[Any] = self.cleaned_data["package"]
        return upload

    @property
    def attestations(self) -> list[UploadedFile[Any]]:
        """The proofs that were handed in, of a valid form."""
        given = self.cleaned_data.get("attestation")
        return [given] if given else []


class OriginForm(forms.Form):
    """Hand proof of origin in for a version that is in review."""

    attestation = forms.FileField(label=_("Proof of origin"), required=False, max_length=255)
    source = forms.FileField(label=_("Source archive"), required=False, max_length=255)


class WithdrawForm(forms.Form):
    """Take a version back."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the history. Optional."),
    )
