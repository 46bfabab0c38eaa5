"""DSSE envelopes, v1.0.2 of the specification: read, and what of them is signed."""

from __future__ import annotations

from plugins.provenance.model import Envelope, Signature
from plugins.provenance.strict import Unreadable, decoded, listing, mapping, optional, text

IN_TOTO = "application/vnd.in-toto+json"
MAX_SIGNATURES = 16
MAX_SIGNATURE_BYTES = 1024


def read_envelope(value: object) -> Envelope:
    """An envelope from its JSON; fields that the specification does not name are ignored, as it demands.

    Raises:
        Unreadable: it is not of the form, or its payload is no in-toto statement.
    """
    data = mapping(value, "The envelope")
    signatures = listing(data.get("signatures"), "The list of signatures", MAX_SIGNATURES)
    if not signatures:
        raise Unreadable("The envelope has no signature.")
    return Envelope(
        payload=decoded(data.get("payload"), "The envelope's payload"),
        payload_type=in_toto(text(data.get("payloadType"), "The payload's type", 200)),
        signatures=tuple(_signature(mapping(one, "A signature")) for one in signatures),
    )


def in_toto(payload_type: str) -> str:
    """The type, if it is the one of statements."""
    if payload_type != IN_TOTO:
        raise Unreadable("The envelope holds no in-toto statement.")
    return payload_type


def pae(envelope: Envelope) -> bytes:
    """The pre-authentication encoding: the bytes that the signatures sign."""
    kind = envelope.payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(envelope.payload), envelope.payload)


def _signature(data: dict[str, object]) -> Signature:
    return Signature(
        value=decoded(data.get("sig"), "A signature", MAX_SIGNATURE_BYTES),
        key_id=optional(data.get("keyid"), "A signature's key id", 300),
    )
