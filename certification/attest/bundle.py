"""Write the bundle: the one file a plugin's user gets beside the artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certification.verify.canonical import canonical, parse_canonical
from certification.verify.core import verify
from certification.verify.names import BUNDLE_SCHEMA, STATEMENT_PAYLOAD

from .dsse import sign_envelope
from .vsa import build_statement

if TYPE_CHECKING:
    from .keys import KeyRing
    from .vsa import CertificateFacts


class NotCertifiableError(ValueError):
    """The facts do not fit the keys, or the bundle made of them would not verify."""


def build_bundle(envelope: bytes, trust_root: bytes) -> bytes:
    """Put a signed certificate and the trust root of its day into one document, as canonical JSON.

    The trust root is there to be read; a verifier never takes it for an anchor. Both must be canonical envelopes, else
    ValueError. Proofs of the log and the status list will be further members.
    """
    return canonical(
        {
            "schema": BUNDLE_SCHEMA,
            "certificate": parse_canonical(envelope),
            "trustRoot": parse_canonical(trust_root),
        }
    )


def issue_bundle(*, facts: CertificateFacts, keys: KeyRing) -> bytes:
    """Sign the facts and give the bundle, once our own verifier has accepted it.

    Raises ValueError for facts of a wrong form, NotCertifiableError (a ValueError) where keys and facts do not fit.
    """
    if facts.demo is not keys.demo:
        raise NotCertifiableError("a demo certificate needs the demo's keys, and no other may be signed with them")
    if facts.verifier_id != keys.verifier_id:
        raise NotCertifiableError(f"the keys certify as {keys.verifier_id}, not as {facts.verifier_id}")
    envelope = sign_envelope(payload=build_statement(facts), payload_type=STATEMENT_PAYLOAD, signer=keys.certifier)
    bundle = build_bundle(envelope, keys.trust_root_bytes)
    outcome = verify(
        bundle=bundle,
        trust_root=keys.trust_root_bytes,
        artifact_sha256=facts.artifact_sha256,
        at=facts.not_before.replace(microsecond=0),
        expect_resource=facts.resource_uri,
    )
    if not outcome.valid:
        raise NotCertifiableError(f"the certificate would not verify, at step {outcome.failed}: {outcome.message}")
    return bundle
