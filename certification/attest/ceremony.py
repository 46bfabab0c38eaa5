"""Signing a trust root where the root keys are: on another machine, by several people, one after the other.

A draft is the trust root's envelope with too few signatures, or none. Each holder of a root key adds one; signatures
of several copies are put together. No Django in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical, parse_canonical
from certification.verify.envelope import Envelope, check_signatures, decode_base64, pae, read_envelope
from certification.verify.errors import ProblemError
from certification.verify.fields import as_object, stamp, text
from certification.verify.names import TRUST_ROOT_PAYLOAD
from certification.verify.root import TrustRoot, read_root

from .dsse import signed_envelope
from .private_files import KeysRefusedError
from .trust_root import trust_root_payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .dsse import SigningKey

WHAT = "the draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """A trust root that may still lack signatures; those it has hold."""

    root: TrustRoot
    payload: bytes
    signatures: Mapping[str, bytes]

    def envelope(self) -> bytes:
        """The draft as a file; once it has its signatures, this is the trust root."""
        return signed_envelope(self.payload, TRUST_ROOT_PAYLOAD, dict(sorted(self.signatures.items())))


def draft(root: TrustRoot) -> Draft:
    """Write a trust root, not signed yet."""
    return Draft(root, trust_root_payload(root), {})


def read_draft(data: bytes) -> Draft:
    """Read a draft or a whole trust root. Raises KeysRefusedError."""
    try:
        document = as_object(parse_canonical(data, WHAT), WHAT)
        if document.get("signatures") == []:
            payload = decode_base64(text(document, "payload"), "the payload")
            envelope = Envelope(payload, text(document, "payloadType"), {})
            if canonical(document) != Draft(read_root(envelope), payload, {}).envelope():
                raise KeysRefusedError("this is no draft of a trust root: its members are others")
        else:
            envelope = read_envelope(document, payload_type=TRUST_ROOT_PAYLOAD, what=WHAT)
        root = read_root(envelope)
        known = {**root.former_root_keys, **root.root_keys}
        check_signatures(envelope, keys=known, threshold=0, what=WHAT)
    except ProblemError as problem:
        raise KeysRefusedError(f"this is no draft of a trust root: {problem}") from problem
    return Draft(root, envelope.payload, envelope.signatures)


def sign(unsigned: Draft, signers: Iterable[SigningKey]) -> Draft:
    """Add signatures. Raises KeysRefusedError for a key that is no root key of this or an earlier version."""
    known = {**unsigned.root.former_root_keys, **unsigned.root.root_keys}
    message = pae(TRUST_ROOT_PAYLOAD, unsigned.payload)
    signatures = dict(unsigned.signatures)
    for signer in signers:
        if signer.keyid not in known:
            raise KeysRefusedError(f"{signer.keyid} is no root key of trust root {unsigned.root.version}")
        signatures[signer.keyid] = signer.sign(message)
    return Draft(unsigned.root, unsigned.payload, signatures)


def merged(drafts: Iterable[Draft]) -> Draft:
    """Put the signatures of several copies together. Raises KeysRefusedError where they are not copies."""
    first, *others = drafts
    if any(other.payload != first.payload for other in others):
        raise KeysRefusedError("the files are drafts of different trust roots; give copies of one")
    signatures = {keyid: sig for each in (first, *others) for keyid, sig in each.signatures.items()}
    return Draft(first.root, first.payload, signatures)


def lacking(signed: Draft, before: TrustRoot | None) -> str:
    """What signatures are missing until it can be put in force, in a sentence; empty where none is."""
    for root, whose in ((before, "the trust root in force"), (signed.root, "the new trust root")):
        if root is None:
            continue
        there = signed.signatures.keys() & root.root_keys.keys()
        if len(there) < root.threshold:
            absent = ", ".join(keyid[:16] for keyid in sorted(root.root_keys.keys() - there))
            count = root.threshold - len(there)
            return f"{count} more of the root keys of {whose} must sign; those that have not: {absent}"
    return ""


def describe(root: TrustRoot) -> Iterator[str]:
    """What a trust root says, in lines for whoever is to sign it. Nothing in them is free text of others."""
    yield f"Trust root {root.version} of {root.verifier_id} ({root.environment})"
    yield f"  in force {stamp(root.issued)} to {stamp(root.expires)}; signed by {root.threshold} of these root keys:"
    for keyid in root.root_keys:
        yield f"    {keyid}"
    for keyid in root.former_root_keys:
        yield f"    {keyid} (former, counts no more)"
    for key in root.keys.values():
        cut = f", only below log index {key.log_cutoff}" if key.log_cutoff is not None else ""
        yield f"  {key.role:<9} {key.keyid}"
        yield f"            {key.status}{cut}, {stamp(key.valid_from)} to {stamp(key.valid_to)}"
