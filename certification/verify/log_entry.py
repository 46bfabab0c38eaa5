"""The log entry that says a certificate was issued: what it must say for an inclusion proof to mean anything.

An entry is the canonical JSON of one event of the portal's ledger. Members this verifier does not need are ignored: the
whole entry is bound by its hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .canonical import parse_canonical
from .errors import ProblemError
from .fields import as_object, digest, text

ISSUED = "certificate.issued"


@dataclass(frozen=True, slots=True)
class IssuedEntry:
    """The event of issuing a certificate."""

    certificate: str
    """SHA-256 of the certificate's envelope, as it is stored and downloaded."""
    serial: str
    artifact: str
    """SHA-256 of the artifact."""


def read_entry(entry: bytes) -> IssuedEntry:
    """Read an entry, which must be about issuing a certificate. Raises ProblemError."""
    event = as_object(parse_canonical(entry, "the log entry"), "the log entry")
    found = text(event, "verb")
    if found != ISSUED:
        raise ProblemError(f'the log entry is about "{found}", not about issuing a certificate')
    details = as_object(event.get("details"), "the log entry's details")
    return IssuedEntry(digest(details, "certificate"), text(details, "serial"), digest(details, "artifact"))


def check_entry(entry: bytes, *, envelope: bytes, serial: str, artifact_sha256: str) -> None:
    """Check that an entry is about this very certificate. `envelope` is its canonical form. Raises ProblemError."""
    issued = read_entry(entry)
    if issued.certificate != hashlib.sha256(envelope).hexdigest():
        raise ProblemError("the log entry is about another certificate")
    if issued.serial != serial or issued.artifact != artifact_sha256:
        raise ProblemError("the log entry names another serial or artifact than the certificate")
