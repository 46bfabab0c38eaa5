"""What an attestation document holds, before anybody has asked whether it is true. Frozen facts, all of strangers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope. `key_id` is not signed: a hint, never a decision."""

    value: bytes
    key_id: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope. `payload` are the very bytes that were signed; nothing else may be parsed."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Where an entry lies in a log, by RFC 6962, and the signed checkpoint of that log."""

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a transparency log, as a bundle carries it."""

    index: int
    log_id: bytes
    kind: str
    version: str
    body: bytes
    """The canonical JSON that the log holds."""
    integrated_at: int | None = None
    """Seconds since 1970; worth something only with a valid promise."""
    promise: bytes | None = None
    """The signed entry timestamp."""
    proof: InclusionProof | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """An envelope with what is needed to verify it."""

    form: str
    """`dsse`, `sigstore-0.1` to `sigstore-0.3`, or `pep740`."""
    envelope: Envelope
    certificate: bytes | None = None
    """The signer's certificate, DER."""
    entries: tuple[LogEntry, ...] = ()
    timestamps: int = 0
    """How many RFC 3161 timestamps it carries; they are not read."""

    @property
    def proof_needed(self) -> bool:
        """Whether its form demands an inclusion proof: all but the first one do."""
        return self.form != "sigstore-0.1"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a statement speaks about: a name and digests, algorithm to lower-case hex."""

    name: str
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Statement:
    """An in-toto statement."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who built it, from what, in the words of a predicate. Empty: it does not say."""

    builder: str = ""
    workflow: str = ""
    repository: str = ""
    """Web address in the form of `plugins.provenance.addresses.normal`."""
    ref: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a certificate was issued to: what its issuer vouches for."""

    subject: str
    """The workflow's address, or an e-mail address."""
    issuer: str = ""
    builder: str = ""
    """The workflow that signed, with its ref."""
    workflow: str = ""
    """The workflow that was started."""
    repository: str = ""
    ref: str = ""
    commit: str = ""
    runner: str = ""
    """`github-hosted` or `self-hosted`."""
