"""Keep the bytes: once, by what they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.files import File
from django.db import transaction

from governance import ledger
from plugins.models import artifact_storage

if TYPE_CHECKING:
    from pathlib import Path

    from governance.models import User
    from plugins.models import Artifact, StoredBytes


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store_bytes(*, path: Path, artifact: StoredBytes) -> None:
    """Keep the bytes of a row under its digest, as the last step of the transaction that makes its row.

    The row is what others of the same bytes wait for, so nobody else writes here now; and nothing that may be refused
    comes after, so no file stays without a row. What a killed process left half-written is written anew.
    """
    storage, name = artifact_storage(), artifact.storage_name
    if storage.exists(name):
        if _stored_digest(name) == artifact.sha256:
            return
        storage.delete(name)
    try:
        with path.open("rb") as source:
            storage.save(name, File(source))
    except BaseException:
        storage.delete(name)
        raise


def _stored_digest(name: str) -> str:
    digest = hashlib.sha256()
    with artifact_storage().open(name) as file:
        for chunk in file.chunks():
            digest.update(chunk)
    return digest.hexdigest()


@transaction.atomic
def record_download(*, artifact: Artifact, actor: User) -> None:
    """Note in the ledger that somebody took a copy of a package."""
    ledger.record(verb="artifact.downloaded", subject=artifact, actor=actor, details={"sha256": artifact.sha256})
