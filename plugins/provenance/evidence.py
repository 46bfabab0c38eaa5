"""What is handed in beside an artifact to show where it comes from, and the trust root it is held against."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugins.archive import ArchiveLimits
from plugins.provenance.strict import MAX_DOCUMENT_BYTES, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugins.provenance.trust import TrustRoot

MAX_FILES = 8
"""Attestation files of one artifact."""


@dataclass(frozen=True, slots=True)
class AttestationFile:
    """A file with attestations, as it was handed in."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Its digest in hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """An archive that is said to hold the artifact's source."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Trust:
    """The trust root, or why there is none."""

    root: TrustRoot | None = None
    problem: str = ""
    """Empty where none is configured."""

    @property
    def digest(self) -> str:
        """What a conclusion rests on."""
        return self.root.digest if self.root else self.problem


@dataclass(frozen=True, slots=True)
class OriginEvidence:
    """Everything about the origin of one artifact."""

    files: tuple[AttestationFile, ...] = ()
    source: SourceArchive | None = None
    trust: Trust = Trust()
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    """For the source archive."""


class NotUsable(Exception):
    """What was to be handed in cannot be; `code` is a stable slug, the text one sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def origin_from(
    statements: Sequence[Path], source: Path | None, *, trust: Trust, limits: ArchiveLimits
) -> OriginEvidence:
    """What files on this machine show of an artifact's origin.

    Raises:
        NotUsable: one of them cannot be read, or there are too many.
    """
    if len(statements) > MAX_FILES:
        raise NotUsable("provenance", f"More than {MAX_FILES} files of attestations were given.")
    return OriginEvidence(
        tuple(map(attestation_file, statements)), source_archive(source) if source else None, trust, limits
    )


def attestation_file(path: Path) -> AttestationFile:
    """A file with attestations, from a path.

    Raises:
        NotUsable: it cannot be read, or is larger than any such file is.
    """
    try:
        return AttestationFile(path.name, _bytes(path))
    except Unreadable as problem:
        raise NotUsable("provenance", f"{path.name}: {problem}") from None
    except OSError as problem:
        raise NotUsable("provenance", f"{path} cannot be read: {problem.strerror}.") from problem


def source_archive(path: Path) -> SourceArchive:
    """A source archive, from a path.

    Raises:
        NotUsable: it is no file that can be read.
    """
    try:
        with path.open("rb") as file:
            return SourceArchive(path.name, path, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as problem:
        raise NotUsable("source", f"{path} cannot be read: {problem.strerror}.") from problem


def trust_from(path: Path | None) -> Trust:
    """The trust file of an operator. One that cannot be read trusts nobody, and says so; it never raises."""
    if path is None:
        return Trust()
    from plugins.provenance.trust import read_trust  # noqa: PLC0415 - start-up time: it loads `cryptography`

    try:
        return Trust(read_trust(_bytes(path), lambda name: _bytes(path.parent / name)))
    except Unreadable as problem:
        return Trust(problem=f"The trust root cannot be used. {problem}")
    except OSError as problem:
        return Trust(problem=f"The trust root cannot be read: {problem.strerror}.")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise Unreadable(f"The file is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB.")
    return data
