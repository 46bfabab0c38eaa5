"""Sign certificates, and put together the bundle: the one file a plugin's user gets beside the artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certification.verify.canonical import canonical, parse_canonical
from certification.verify.core import Request, verify_unlogged
from certification.verify.envelope import encode_base64
from certification.verify.names import BUNDLE_SCHEMA, STATEMENT_PAYLOAD, Role
from certification.verify.notes import NoteKey, read_note
from certification.verify.root import read_trust_root

from .dsse import sign_envelope
from .vsa import build_statement

if TYPE_CHECKING:
    from .keys import KeyRing
    from .vsa import CertificateFacts


class NotCertifiableError(ValueError):
    """The facts do not fit the keys, or the certificate made of them would not verify."""


def build_bundle(
    *, certificate: bytes, log_entry: bytes, log_proof: bytes, status_list: bytes, trust_root: bytes
) -> bytes:
    """Put a certificate and all that proves it into one document, as canonical JSON.

    Args:
        certificate: the envelope as it was stored when it was issued.
        log_entry: the canonical event of its issue.
        log_proof: a C2SP tlog-proof of that entry. Signatures other than the log's own are left out: nobody could
            check them with the trust root alone.
        status_list: the newest list, in its envelope.
        trust_root: the newest trust root, in its envelope. A verifier believes it only on the word of one it has.

    Raises:
        ValueError: an envelope is not canonical, or the proof is none that the log signed.
    """
    return canonical(
        {
            "schema": BUNDLE_SCHEMA,
            "certificate": parse_canonical(certificate, "the certificate"),
            "logEntry": encode_base64(log_entry),
            "logProof": _by_the_log_alone(log_proof, trust_root).decode(),
            "statusList": parse_canonical(status_list, "the status list"),
            "trustRoot": parse_canonical(trust_root, "the trust root"),
        }
    )


def _by_the_log_alone(proof: bytes, trust_root: bytes) -> bytes:
    """Leave out the signature lines of witnesses."""
    root = read_trust_root(trust_root)
    keys = [NoteKey(root.log_origin, key.public) for key in root.keys.values() if key.role is Role.LOG]
    ours = {(key.name, key.keyid) for key in keys}
    head, blank, signed = proof.rpartition(b"\n\n")
    note = read_note(proof, "the proof")
    lines = zip(note.signatures, signed.splitlines(keepends=True), strict=True)
    kept = [line for signature, line in lines if (signature.name, signature.keyid) in ours]
    if not kept:
        raise ValueError("the proof's checkpoint is not signed by the log")
    return head + blank + b"".join(kept)


def issue_certificate(*, facts: CertificateFacts, keys: KeyRing) -> bytes:
    """Sign the facts and give the envelope, once our own verifier has accepted it.

    Raises ValueError for facts of a wrong form, NotCertifiableError (a ValueError) where keys and facts do not fit.
    """
    if facts.demo is not keys.demo:
        raise NotCertifiableError("a demo certificate needs the demo's keys, and no other may be signed with them")
    if facts.verifier_id != keys.verifier_id:
        raise NotCertifiableError(f"the keys certify as {keys.verifier_id}, not as {facts.verifier_id}")
    if facts.log.origin != keys.log_origin:
        raise NotCertifiableError(f"the keys are for the log {keys.log_origin}, not for {facts.log.origin}")
    envelope = sign_envelope(payload=build_statement(facts), payload_type=STATEMENT_PAYLOAD, signer=keys.certifier)
    request = Request(facts.artifact_sha256, facts.not_before.replace(microsecond=0), facts.resource_uri)
    outcome = verify_unlogged(certificate=envelope, trust_root=keys.trust_root_bytes, request=request)
    if not outcome.valid:
        raise NotCertifiableError(f"the certificate would not verify, at step {outcome.failed}: {outcome.message}")
    return envelope
