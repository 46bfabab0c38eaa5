"""`vet --record`: hand a package in from the command line, as a named user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from governance.models import User
from plugins.services.submissions import SubmissionRefused, submit

if TYPE_CHECKING:
    from pathlib import Path

    from plugins.models import Submission


class RecordRefused(Exception):
    """The package could not be recorded; the text says why."""


def record(*, path: Path, filename: str, username: str, note: str = "") -> Submission:
    """Submit a file as a user, exactly as an upload in the portal; the portal vets it again by itself.

    Raises:
        RecordRefused: no such user, or the portal refuses the package.
    """
    actor = User.objects.filter(username=username, is_active=True).first()
    if actor is None:
        raise RecordRefused(_("There is no active user %(name)s.") % {"name": username})
    with path.open("rb") as file:
        upload = UploadedFile(file=File(file), name=filename, size=path.stat().st_size)
        try:
            return submit(actor=actor, upload=upload, filename=filename, note=note)
        except SubmissionRefused as refusal:
            raise RecordRefused(str(refusal)) from refusal
