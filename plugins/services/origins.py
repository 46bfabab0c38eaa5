"""What owners and reviewers hand in to show where a version comes from: taken, stored, and given to the vetting."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from governance import ledger
from plugins.config import archive_limits, provenance_trust
from plugins.intake import safe_filename
from plugins.models import OriginFile
from plugins.provenance.documents import read_document
from plugins.provenance.evidence import MAX_FILES, AttestationFile, OriginEvidence, SourceArchive
from plugins.provenance.strict import MAX_DOCUMENT_BYTES, Unreadable
from plugins.services import artifacts
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django.core.files.uploadedfile import UploadedFile

    from governance.models import User
    from plugins.models import PluginVersion

ATTESTATION, SOURCE = OriginFile.Kind.ATTESTATION, OriginFile.Kind.SOURCE


class OriginRefused(Exception):
    """The file is not taken; the text is one sentence for whoever handed it in."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that lies in a work folder and may be stored."""

    kind: OriginFile.Kind
    path: Path
    filename: str
    sha256: str
    size: int


def taken_in(*, upload: UploadedFile[Any], kind: OriginFile.Kind, folder: Path) -> HandedIn:
    """Write an upload to a work folder.

    Raises:
        OriginRefused: it is empty, too large, or no attestation.
    """
    name = safe_filename(upload.name or "")
    most = MAX_DOCUMENT_BYTES if kind == ATTESTATION else archive_limits().max_archive_bytes
    if not upload.size:
        raise OriginRefused("empty", _("%(name)s is empty.") % {"name": name})
    if upload.size > most:
        raise OriginRefused(
            "too-large", _("%(name)s is larger than %(most)s MiB.") % {"name": name, "most": most // 2**20}
        )
    path = folder / f"{kind.value}-{len(list(folder.iterdir()))}"
    with path.open("xb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
    if kind == ATTESTATION:
        _demand_attestation(path, name)
    return HandedIn(kind, path, name, artifacts.digest_of(path), path.stat().st_size)


def _demand_attestation(path: Path, name: str) -> None:
    try:
        read_document(path.read_bytes())
    except Unreadable as problem:
        raise OriginRefused(
            "no-attestation", _("%(name)s is no file of attestations. %(why)s") % {"name": name, "why": problem}
        ) from None


@transaction.atomic
def store(*, version: PluginVersion, actor: User, files: Sequence[HandedIn]) -> list[OriginFile]:
    """Keep files with a version; what is there already is left as it is.

    Raises:
        OriginRefused: the version has as many files as it may have.
    """
    known = set(version.origins.values_list("kind", "sha256"))
    new = {(file.kind.value, file.sha256): file for file in files if (file.kind.value, file.sha256) not in known}
    counts = Counter(kind for kind, _digest in [*known, *new])
    if any(count > MAX_FILES for count in counts.values()):
        raise OriginRefused(
            "too-many", _("A version has at most %(most)s files of attestations, and of sources.") % {"most": MAX_FILES}
        )
    rows = []
    for file in new.values():
        row = OriginFile.objects.create(
            version=version,
            kind=file.kind,
            sha256=file.sha256,
            size=file.size,
            filename=file.filename,
            handed_in_by=actor,
        )
        ledger.record(
            verb="origin.handed-in",
            subject=version,
            actor=actor,
            details={"kind": file.kind.value, "sha256": file.sha256, "size": file.size, "filename": file.filename},
        )
        artifacts.store_bytes(path=file.path, artifact=row)
        rows.append(row)
    return rows


def hand_in(
    *,
    version: PluginVersion,
    actor: User,
    attestations: Sequence[UploadedFile[Any]] = (),
    source: UploadedFile[Any] | None = None,
) -> list[OriginFile]:
    """Take files in for a version that is here already; a run has to be asked for to judge them.

    Raises:
        OriginRefused: nothing was given, a file is not taken, or all of them are known.
    """
    if not attestations and source is None:
        raise OriginRefused("nothing", _("Choose a file."))
    with work_folder("origin") as folder:
        files = [taken_in(upload=upload, kind=ATTESTATION, folder=folder) for upload in attestations]
        if source is not None:
            files.append(taken_in(upload=source, kind=SOURCE, folder=folder))
        rows = store(version=version, actor=actor, files=files)
    if not rows:
        raise OriginRefused("known", _("This was handed in before."))
    return rows


def evidence_of(*, version: PluginVersion, folder: Path) -> OriginEvidence:
    """Everything handed in for a version, copied to a work folder and checked against its digests.

    Raises:
        ArtifactDamaged: stored bytes have been altered.
        FileNotFoundError: the storage has lost them.
    """
    attestations, source = [], None
    for number, row in enumerate(version.origins.all()):
        path = folder / f"origin-{number}"
        row.copy_to(path)
        if row.kind == ATTESTATION:
            attestations.append(AttestationFile(row.filename, path.read_bytes()))
        else:
            source = SourceArchive(row.filename, path, row.sha256)
    return OriginEvidence(tuple(attestations), source, provenance_trust(), archive_limits())
