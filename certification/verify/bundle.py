"""The bundle: all that is needed beside the artifact and a trust root, in one file. Read here, proven in `core`."""

from __future__ import annotations

from dataclasses import dataclass

from .canonical import canonical, require_canonical
from .checkpoints import Proof, read_proof
from .envelope import Envelope, decode_base64, read_envelope
from .errors import ProblemError
from .fields import closed, text
from .names import STATEMENT_PAYLOAD, STATUS_LIST_PAYLOAD, TRUST_ROOT_PAYLOAD
from .root import TrustRoot, read_root
from .status import StatusList, read_list

MEMBERS = ("schema", "certificate", "logEntry", "logProof", "statusList", "trustRoot")


@dataclass(frozen=True, slots=True)
class SignedList:
    """A status list with the envelope it came in."""

    envelope: Envelope
    list: StatusList


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in its right form, with nothing proven."""

    certificate: Envelope
    stored: bytes
    """The certificate's envelope as the portal stores it, and as the log entry names its digest."""
    entry: bytes
    """The log entry that says the certificate was issued."""
    proof: Proof
    status: SignedList
    root: TrustRoot
    root_bytes: bytes


def read_bundle(data: bytes, document: dict[str, object]) -> Bundle:
    """Read a bundle; `document` is what `data` was parsed to. Raises ProblemError."""
    require_canonical(data, document, "the bundle")
    members = closed(document, MEMBERS, "the bundle")
    certificate = read_envelope(members["certificate"], payload_type=STATEMENT_PAYLOAD, what="the certificate")
    copy = read_envelope(
        members["trustRoot"], payload_type=TRUST_ROOT_PAYLOAD, what="the bundle's copy of a trust root"
    )
    return Bundle(
        certificate=certificate,
        stored=canonical(members["certificate"]),
        entry=decode_base64(text(members, "logEntry"), "the log entry"),
        proof=_read_own_proof(text(members, "logProof").encode()),
        status=read_signed_list(members["statusList"]),
        root=read_root(copy),
        root_bytes=canonical(members["trustRoot"]),
    )


def _read_own_proof(data: bytes) -> Proof:
    """Read a proof that our portal wrote: without what the formats allow beside the proof, which nobody signed."""
    proof = read_proof(data)
    if proof.extra is not None or proof.checkpoint.extensions:
        raise ProblemError("the bundle's proof carries data besides the proof")
    return proof


def read_signed_list(document: object) -> SignedList:
    """Read a status list in its envelope, proving only its form. Raises ProblemError."""
    envelope = read_envelope(document, payload_type=STATUS_LIST_PAYLOAD, what="the status list")
    return SignedList(envelope, read_list(envelope))
