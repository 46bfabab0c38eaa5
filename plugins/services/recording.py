"""`vet --record`: hand a package in from the command line, as a named user."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from governance.models import User
from plugins.services.submissions import SubmissionRefused, submit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugins.models import Submission


class RecordRefused(Exception):
    """The package could not be recorded; the text says why."""


def record(
    *,
    path: Path,
    filename: str,
    username: str,
    note: str = "",
    attestations: Sequence[Path] = (),
    source: Path | None = None,
) -> Submission:
    """Submit a file as a user, exactly as an upload in the portal; the portal vets it again by itself.

    Raises:
        RecordRefused: no such user, or the portal refuses the package.
    """
    actor = User.objects.filter(username=username, is_active=True).first()
    if actor is None:
        raise RecordRefused(_("There is no active user %(name)s.") % {"name": username})
    with ExitStack() as opened:

        def upload(file: Path, name: str) -> UploadedFile[Any]:
            return UploadedFile(file=File(opened.enter_context(file.open("rb"))), name=name, size=file.stat().st_size)

        try:
            return submit(
                actor=actor,
                upload=upload(path, filename),
                filename=filename,
                note=note,
                attestations=[upload(file, file.name) for file in attestations],
                source=upload(source, source.name) if source else None,
            )
        except SubmissionRefused as refusal:
            raise RecordRefused(str(refusal)) from refusal
