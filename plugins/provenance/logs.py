"""Transparency logs: that an entry is in one, and when, and that it is about this envelope and this signer.

Sources: RFC 6962 2.1.1 (inclusion), C2SP signed-note and tlog-checkpoint, Rekor's API (signed entry timestamp) and its
entry types `dsse` 0.0.1, `intoto` 0.0.2 and `hashedrekord` 0.0.1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509

from plugins.provenance.dsse import pae
from plugins.provenance.keys import signed
from plugins.provenance.strict import Unreadable, decoded, json_of, listing, mapping

if TYPE_CHECKING:
    from plugins.provenance.model import Bundle, Envelope, InclusionProof, LogEntry
    from plugins.provenance.trust import LogKey, TrustRoot

HINT_BYTES = 4
NEWER = "0.0.2"
"""Version of Rekor v2's `dsse` and `hashedrekord` entries; `intoto` 0.0.2 is of the first Rekor."""
_NOTE_SIGNATURE = re.compile(r"— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]*", re.ASCII)


class NotLogged(ValueError):
    """The log does not speak for this envelope; the text says why."""


def logged_at(bundle: Bundle, root: TrustRoot) -> datetime:
    """When a trusted log took the envelope in, as that log signed it.

    Raises:
        NotLogged: no trusted log says so, or what it says is about something else.
        Unreadable: a part of the entry is not of its form.
    """
    if len(bundle.entries) != 1:
        raise NotLogged(
            "There is no entry of a transparency log." if not bundle.entries else "There is more than one log entry."
        )
    entry = bundle.entries[0]
    keys = [log for log in root.logs if log.log_id == entry.log_id]
    if not keys:
        raise NotLogged("The entry is of a transparency log that is not trusted here.")
    _refuse_newer(entry, bundle)
    moment = _promised(entry, keys)
    if entry.proof is not None:
        _included(entry.proof, entry.body, [log for log in keys if log.at(moment)])
    elif bundle.proof_needed:
        raise NotLogged("There is no proof that the log includes the entry.")
    _about(entry, bundle)
    return moment


def _refuse_newer(entry: LogEntry, bundle: Bundle) -> None:
    """Say by name what is not read here: entries of Rekor v2, and times that only a timestamp authority vouches for."""
    if entry.version == NEWER and entry.kind != "intoto":
        raise NotLogged(f"The log entry is of Rekor v2 ({entry.kind} {entry.version}), which is not read here.")
    if entry.promise is None and bundle.timestamps:
        raise NotLogged("Only an RFC 3161 timestamp says when it was signed, and those are not read here.")


def _promised(entry: LogEntry, keys: list[LogKey]) -> datetime:
    """The time of the entry, from the log's signed promise."""
    if entry.promise is None or entry.integrated_at is None:
        raise NotLogged("The log entry has no time that the log signed.")
    try:
        moment = datetime.fromtimestamp(entry.integrated_at, UTC)
    except (ValueError, OverflowError, OSError):
        raise NotLogged("The log entry's time is no time.") from None
    promised = {
        "body": b64encode(entry.body).decode(),
        "integratedTime": entry.integrated_at,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    message = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
    if not any(log.at(moment) and signed(log.key, entry.promise, message) for log in keys):
        raise NotLogged("The log's signed entry timestamp is not valid.")
    return moment


def _included(proof: InclusionProof, body: bytes, keys: list[LogKey]) -> None:
    leaf = hashlib.sha256(b"\x00" + body).digest()
    if not hmac.compare_digest(root_from(proof.index, proof.size, leaf, proof.hashes), proof.root):
        raise NotLogged("The inclusion proof does not lead to the log's root.")
    size, root = _checkpoint(proof.checkpoint, keys)
    if size != proof.size or not hmac.compare_digest(root, proof.root):
        raise NotLogged("The checkpoint is of another state of the log than the inclusion proof.")


def root_from(index: int, size: int, leaf: bytes, hashes: tuple[bytes, ...]) -> bytes:
    """The root of a tree of `size` leaves in which this leaf is number `index`, by RFC 6962.

    Raises:
        NotLogged: there are not exactly as many hashes as the place in the tree needs.
    """
    if not 0 <= index < size:
        raise NotLogged("The inclusion proof names a place outside of the log.")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(hashes) != inner + border:
        raise NotLogged("The inclusion proof has not as many hashes as its place needs.")
    result = leaf
    for level, other in enumerate(hashes[:inner]):
        pair = other + result if index >> level & 1 else result + other
        result = hashlib.sha256(b"\x01" + pair).digest()
    for other in hashes[inner:]:
        result = hashlib.sha256(b"\x01" + other + result).digest()
    return result


def _checkpoint(note: str, keys: list[LogKey]) -> tuple[int, bytes]:
    """Size and root of the log, from a note that the log signed."""
    if not note:
        raise NotLogged("The inclusion proof has no checkpoint.")
    body, _blank, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if note.count("\n\n") != 1 or len(lines) < 3 or not _SIZE.fullmatch(lines[1]):  # noqa: PLR2004 - origin, size, root
        raise NotLogged("The checkpoint is not of its form.")
    message = f"{body}\n".encode()
    for line in signatures.split("\n"):
        found = _NOTE_SIGNATURE.fullmatch(line)
        if found is None:
            continue
        value = decoded(found["signature"], "A checkpoint's signature")
        for log in keys:
            if value[:HINT_BYTES] == log.log_id[:HINT_BYTES] and signed(log.key, value[HINT_BYTES:], message):
                return int(lines[1]), decoded(lines[2], "The checkpoint's root")
    raise NotLogged("The checkpoint is not signed by the log.")


def _about(entry: LogEntry, bundle: Bundle) -> None:
    """That the entry is of this envelope, this signature and this signer, so that none of them was swapped."""
    readers = {("dsse", "0.0.1"): _dsse, ("intoto", "0.0.2"): _intoto, ("hashedrekord", "0.0.1"): _hashedrekord}
    reader = readers.get((entry.kind, entry.version))
    if reader is None:
        raise NotLogged("The log entry is of a kind that is not known here.")
    body = mapping(json_of(entry.body, "The log entry"), "The log entry")
    if body.get("kind") != entry.kind or body.get("apiVersion") != entry.version:
        raise NotLogged("The log entry is of another kind than the bundle says.")
    pairs = reader(mapping(body.get("spec"), "The log entry's contents"), bundle.envelope)
    wanted = {signature.value for signature in bundle.envelope.signatures}
    if {signature for signature, _ in pairs} != wanted:
        raise NotLogged("The log entry is of another signature.")
    if bundle.certificate is None or any(_der(verifier) != bundle.certificate for _, verifier in pairs):
        raise NotLogged("The log entry is of another signer.")


def _dsse(spec: dict[str, Any], envelope: Envelope) -> list[tuple[bytes, bytes]]:
    _same_hash(spec.get("payloadHash"), envelope.payload)
    return [
        (decoded(one.get("signature"), "The log entry's signature"), decoded(one.get("verifier"), "The signer"))
        for one in _maps(spec.get("signatures"))
    ]


def _intoto(spec: dict[str, Any], envelope: Envelope) -> list[tuple[bytes, bytes]]:
    content = mapping(spec.get("content"), "The log entry's contents")
    _same_hash(content.get("payloadHash"), envelope.payload)
    inner = mapping(content.get("envelope"), "The log entry's envelope")
    if inner.get("payloadType") != envelope.payload_type:
        raise NotLogged("The log entry is of another type of payload.")
    pairs = []
    for one in _maps(inner.get("signatures")):
        twice = decoded(one.get("sig"), "The log entry's signature")  # this kind encodes the encoded signature again
        pairs.append((decoded(twice.decode("ascii", "replace"), "A signature"), decoded(one.get("publicKey"), "It")))
    return pairs


def _hashedrekord(spec: dict[str, Any], envelope: Envelope) -> list[tuple[bytes, bytes]]:
    _same_hash(mapping(spec.get("data"), "The log entry's data").get("hash"), pae(envelope))
    signature = mapping(spec.get("signature"), "The log entry's signature")
    key = mapping(signature.get("publicKey"), "The signer").get("content")
    return [(decoded(signature.get("content"), "The log entry's signature"), decoded(key, "The signer"))]


def _maps(value: object) -> list[dict[str, Any]]:
    return [mapping(one, "A signature") for one in listing(value, "The log entry's signatures", 16)]


def _same_hash(value: object, data: bytes) -> None:
    stated = mapping(value, "The log entry's hash")
    if stated.get("algorithm") != "sha256" or stated.get("value") != hashlib.sha256(data).hexdigest():
        raise NotLogged("The log entry is of another statement.")


def _der(verifier: bytes) -> bytes:
    """The certificate that the log knows the signer by."""
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - beside its only use

    try:
        return x509.load_pem_x509_certificate(verifier).public_bytes(Encoding.DER)
    except ValueError:
        raise Unreadable("The log entry names no certificate.") from None
