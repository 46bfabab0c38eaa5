"""Evidence files: kept with their digest, handed out only while they still match it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from audits.enums import AuditState
from audits.models import Audit, EvidenceFile
from governance import ledger

if TYPE_CHECKING:
    from django.core.files import File

    from audits.models import AuditFinding
    from governance.models import User

CHUNK = 1024 * 1024
MAX_BYTES = 50 * 1024 * 1024
FROZEN = (AuditState.ISSUED, AuditState.FOLLOW_UP, AuditState.CLOSED)
"""States in which the report is out, and what it says stands."""


class EvidenceRefused(Exception):
    """The file cannot be added or handed out; the text says why."""


@transaction.atomic
def add_evidence(
    *, audit: Audit, title: str, file: File[bytes], actor: User, finding: AuditFinding | None = None
) -> EvidenceFile:
    """Keep a file an audit rests on, with its digest and size.

    Raises:
        EvidenceRefused: the actor may not, the report is issued, the finding is another audit's, or the file is empty
            or larger than 50 MiB.
    """
    if not actor.has_perm("audits.add_evidencefile"):
        raise EvidenceRefused(_("You may not add evidence."))
    audit = Audit.objects.select_for_update().get(pk=audit.pk)
    if audit.state in FROZEN:
        raise EvidenceRefused(_("The report of this audit is issued: its evidence is frozen."))
    if finding is not None and finding.audit_id != audit.pk:
        raise EvidenceRefused(_("This finding belongs to another audit."))
    if not title.strip():
        raise EvidenceRefused(_("Evidence needs a title."))
    sha256, size = _measure(file)
    evidence = EvidenceFile(audit=audit, finding=finding, title=title.strip(), sha256=sha256, size=size, added_by=actor)
    evidence.file.save(_safe_name(file.name or ""), file, save=False)
    evidence.save()
    ledger.record(
        verb="audit.evidence-added", subject=audit, actor=actor,
        details={"evidence": evidence.pk, "title": evidence.title, "sha256": sha256, "size": size},
    )  # fmt: skip
    return evidence


@transaction.atomic
def open_evidence(*, evidence: EvidenceFile, actor: User) -> BinaryIO:
    """A private copy of the file, checked against its digest while it is copied; the caller closes it.

    Raises:
        EvidenceRefused: the actor may not see it, or the stored bytes are gone or altered.
    """
    if not actor.has_perm("audits.view_evidencefile"):
        raise EvidenceRefused(_("You may not see evidence."))
    copy = tempfile.TemporaryFile(prefix="plugwarden-evidence-")  # noqa: SIM115 - the caller closes it
    digest = hashlib.sha256()
    try:
        with evidence.file.storage.open(str(evidence.file.name), "rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    except OSError as problem:
        copy.close()
        raise EvidenceRefused(_("The stored file is missing.")) from problem
    if digest.hexdigest() != evidence.sha256:
        copy.close()
        raise EvidenceRefused(_("The stored file has been altered: its digest differs from the one noted."))
    copy.seek(os.SEEK_SET)
    ledger.record(
        verb="audit.evidence-downloaded", subject=evidence.audit, actor=actor,
        details={"evidence": evidence.pk, "sha256": evidence.sha256},
    )  # fmt: skip
    return copy


def _measure(file: File[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise EvidenceRefused(_("The file is larger than 50 MiB."))
    if not size:
        raise EvidenceRefused(_("The file is empty."))
    file.seek(0)
    return digest.hexdigest(), size


def _safe_name(name: str) -> str:
    """The file's own name without folders, in characters every file system takes."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.")[-100:] or "evidence"
