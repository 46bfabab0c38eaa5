"""Keep the bytes: once, by what they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.files import File
from django.db import IntegrityError, transaction

from governance import ledger
from plugins.models import Artifact, artifact_storage

if TYPE_CHECKING:
    from pathlib import Path

    from governance.models import User


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store_artifact(*, path: Path, filename: str, sha256: str) -> Artifact:
    """Store a file under its digest; a file that is already there is not written twice.

    The bytes go first: a row never names bytes that are not there, and bytes without a row harm nobody.
    """
    artifact = Artifact(sha256=sha256, size=path.stat().st_size, filename=filename[:255])
    storage = artifact_storage()
    if not storage.exists(artifact.storage_name):
        with path.open("rb") as source:
            storage.save(artifact.storage_name, File(source))
    try:
        with transaction.atomic():
            artifact.save()
    except IntegrityError:
        return Artifact.objects.get(sha256=sha256)
    return artifact


@transaction.atomic
def record_download(*, artifact: Artifact, actor: User) -> None:
    """Note in the ledger that somebody took a copy of a package."""
    ledger.record(verb="artifact.downloaded", subject=artifact, actor=actor, details={"sha256": artifact.sha256})
