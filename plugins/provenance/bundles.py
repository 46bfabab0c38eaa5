"""Sigstore bundles v0.1 to v0.3, and PEP 740 attestations, which hold the same under other names."""

from __future__ import annotations

import re
from typing import Any

from plugins.provenance.dsse import IN_TOTO, MAX_SIGNATURE_BYTES, read_envelope
from plugins.provenance.model import Bundle, Envelope, InclusionProof, LogEntry, Signature
from plugins.provenance.strict import Unreadable, decoded, listing, mapping, number, optional, text

MAX_CERTIFICATE_BYTES = 64 * 1024
MAX_CERTIFICATES = 10
MAX_ENTRIES = 8
MAX_PROOF_HASHES = 64
MAX_CHECKPOINT = 8192
HASH_BYTES = 32
_MEDIA_TYPE = re.compile(
    r"application/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.(?P<old>[123])|\.v0\.(?P<new>[3])\+json)", re.ASCII
)


def read_sigstore(value: object) -> Bundle:
    """A Sigstore bundle that holds an envelope.

    Raises:
        Unreadable: it is not of the form, or signs a bare file instead of a statement.
    """
    data = mapping(value, "The bundle")
    form = _MEDIA_TYPE.fullmatch(str(data.get("mediaType"))[:200])
    if form is None:
        raise Unreadable("The bundle is of a version that is not known here.")
    if "dsseEnvelope" not in data:
        raise Unreadable("The bundle holds a bare signature, no statement about a build.")
    material = mapping(data.get("verificationMaterial"), "The verification material")
    return Bundle(
        form=f"sigstore-0.{form['old'] or form['new']}",
        envelope=read_envelope(data["dsseEnvelope"]),
        certificate=_certificate(material),
        entries=_entries(material.get("tlogEntries")),
        timestamps=_timestamps(material.get("timestampVerificationData")),
    )


def read_pep740(value: object) -> Bundle:
    """A PEP 740 attestation object.

    Raises:
        Unreadable: it is not of the form.
    """
    data = mapping(value, "The attestation")
    if data.get("version") != 1:
        raise Unreadable("The attestation is of a version that is not known here.")
    material = mapping(data.get("verification_material"), "The verification material")
    envelope = mapping(data.get("envelope"), "The envelope")
    return Bundle(
        form="pep740",
        envelope=Envelope(
            payload=decoded(envelope.get("statement"), "The envelope's statement"),
            payload_type=IN_TOTO,
            signatures=(Signature(decoded(envelope.get("signature"), "The signature", MAX_SIGNATURE_BYTES)),),
        ),
        certificate=decoded(material.get("certificate"), "The certificate", MAX_CERTIFICATE_BYTES),
        entries=_entries(material.get("transparency_entries")),
    )


def _certificate(material: dict[str, Any]) -> bytes | None:
    """The signer's certificate. Others that come with it are not needed: the trust root has its own."""
    if "certificate" in material:
        return _raw(material["certificate"])
    if "x509CertificateChain" in material:
        chain = mapping(material["x509CertificateChain"], "The certificate chain")
        certificates = listing(chain.get("certificates"), "The certificate chain", MAX_CERTIFICATES)
        if not certificates:
            raise Unreadable("The certificate chain is empty.")
        return _raw(certificates[0])
    if "publicKey" in material:
        optional(mapping(material["publicKey"], "The public key").get("hint"), "The key's hint", 300)
        return None
    raise Unreadable("The bundle names neither a certificate nor a key.")


def _raw(value: object) -> bytes:
    return decoded(mapping(value, "The certificate").get("rawBytes"), "The certificate", MAX_CERTIFICATE_BYTES)


def _entries(value: object) -> tuple[LogEntry, ...]:
    entries = listing([] if value is None else value, "The list of log entries", MAX_ENTRIES)
    return tuple(_entry(mapping(one, "A log entry")) for one in entries)


def _entry(data: dict[str, Any]) -> LogEntry:
    kind = mapping(data.get("kindVersion"), "The log entry's kind")
    promise, proof, at = data.get("inclusionPromise"), data.get("inclusionProof"), data.get("integratedTime")
    return LogEntry(
        index=number(data.get("logIndex", 0), "The log index"),
        log_id=_hash(mapping(data.get("logId"), "The log's id").get("keyId"), "The log's id"),
        kind=text(kind.get("kind"), "The log entry's kind", 100),
        version=text(kind.get("version"), "The log entry's version", 100),
        body=decoded(data.get("canonicalizedBody"), "The log entry's body"),
        integrated_at=number(at, "The log entry's time") if at is not None else None,
        promise=_promise(mapping(promise, "The log's promise")) if promise is not None else None,
        proof=_proof(mapping(proof, "The inclusion proof")) if proof is not None else None,
    )


def _promise(data: dict[str, Any]) -> bytes | None:
    signed = data.get("signedEntryTimestamp")
    return decoded(signed, "The signed entry timestamp", MAX_SIGNATURE_BYTES) if signed else None


def _proof(data: dict[str, Any]) -> InclusionProof:
    hashes = listing(data.get("hashes", []), "The inclusion proof", MAX_PROOF_HASHES)
    checkpoint = data.get("checkpoint")
    note = mapping(checkpoint, "The checkpoint").get("envelope") if checkpoint is not None else ""
    if not isinstance(note, str) or len(note) > MAX_CHECKPOINT:
        raise Unreadable("The checkpoint is no text.")
    return InclusionProof(
        index=number(data.get("logIndex", 0), "The proof's index"),
        size=number(data.get("treeSize"), "The tree's size"),
        root=_hash(data.get("rootHash"), "The root hash"),
        hashes=tuple(_hash(one, "A hash of the proof") for one in hashes),
        checkpoint=note,
    )


def _hash(value: object, what: str) -> bytes:
    data = decoded(value, what, HASH_BYTES)
    if len(data) != HASH_BYTES:
        raise Unreadable(f"{what} is no SHA-256.")
    return data


def _timestamps(value: object) -> int:
    if value is None:
        return 0
    stamps = mapping(value, "The timestamps").get("rfc3161Timestamps")
    return len(listing([] if stamps is None else stamps, "The list of timestamps", MAX_ENTRIES))
