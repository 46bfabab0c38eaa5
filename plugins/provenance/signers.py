"""Who signed an envelope: a key that an operator gave, or an identity that a trusted Sigstore instance vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm

from plugins.provenance.certificates import identity_of, read_certificate
from plugins.provenance.chains import NotTrusted, demand_trusted
from plugins.provenance.dsse import pae
from plugins.provenance.keys import signed, taken
from plugins.provenance.logs import NotLogged, logged_at
from plugins.provenance.strict import Unreadable

if TYPE_CHECKING:
    from datetime import datetime

    from plugins.provenance.model import Bundle, Identity
    from plugins.provenance.trust import TrustedKey, TrustRoot


class Unverified(Exception):
    """The signature proves nothing here; the text says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: exactly one of the two. `at` is when a log took it in; a bare key's signature has no time."""

    key: TrustedKey | None = None
    identity: Identity | None = None
    at: datetime | None = None


def signer_of(bundle: Bundle, root: TrustRoot | None) -> Signer:
    """The signer of a bundle, verified.

    Raises:
        Unverified: nothing is trusted, or the signature, the certificate or the log entry does not hold.
    """
    if root is None:
        raise Unverified("No trust root is configured, so no signature can be verified.")
    try:
        return _by_key(bundle, root) if bundle.certificate is None else _keyless(bundle, bundle.certificate, root)
    except (NotLogged, NotTrusted, Unreadable) as problem:
        raise Unverified(str(problem)) from None
    except (UnsupportedAlgorithm, ValueError):  # of a certificate whose key or extensions nobody here can read
        raise Unverified("The certificate cannot be used.") from None


def _by_key(bundle: Bundle, root: TrustRoot) -> Signer:
    if not root.keys:
        raise Unverified("It is signed by a bare key, and the trust root has none.")
    message = pae(bundle.envelope)
    for trusted in root.keys:
        if any(signed(trusted.key, signature.value, message) for signature in bundle.envelope.signatures):
            return Signer(key=trusted)
    raise Unverified("No key of the trust root has signed it.")


def _keyless(bundle: Bundle, der: bytes, root: TrustRoot) -> Signer:
    if not root.authorities:
        raise Unverified("It is signed with a certificate, and the trust root has no certificate authority.")
    signatures = bundle.envelope.signatures
    if len(signatures) != 1:
        raise Unverified("A certificate goes with exactly one signature.")
    certificate = read_certificate(der)
    moment = logged_at(bundle, root)
    demand_trusted(certificate, root, moment)
    key = taken(certificate.public_key(), "The certificate's key")
    if not signed(key, signatures[0].value, pae(bundle.envelope)):
        raise Unverified("The signature is not that of the certificate.")
    return Signer(identity=identity_of(certificate), at=moment)
