"""A signer's certificate: issued by a trusted authority, good at a moment, made public, and meant for signing code."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import LogEntryType
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from plugins.provenance.keys import signed

if TYPE_CHECKING:
    from datetime import datetime

    from plugins.provenance.trust import TrustRoot


class NotTrusted(ValueError):
    """The certificate is not one to rely on; the text says why."""


def demand_trusted(certificate: x509.Certificate, root: TrustRoot, moment: datetime) -> None:
    """Hold a certificate against the trust root, as of the moment it was used.

    Raises:
        NotTrusted: no authority in use then vouches for it, it had run out, or it is not meant for this.
    """
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise NotTrusted("The certificate was not valid when the log took the statement in.")
    issuer = _issuer(certificate, root, moment)
    _meant_for_code(certificate)
    if root.certificate_logs:
        _made_public(certificate, issuer, root)


def _issuer(certificate: x509.Certificate, root: TrustRoot, moment: datetime) -> x509.Certificate:
    trusted = [one for authority in root.authorities if authority.at(moment) for one in authority.certificates]
    if not trusted:
        raise NotTrusted("No certificate authority that was in use then is trusted here.")
    # Servers' rules ask for another purpose than code signing, which is looked at apart.
    authority = ExtensionPolicy.webpki_defaults_ca().may_be_present(
        x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None
    )
    signer = ExtensionPolicy.webpki_defaults_ee().may_be_present(x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None)
    verifier = (
        PolicyBuilder()
        .store(Store(trusted))
        .time(moment)
        .extension_policies(ca_policy=authority, ee_policy=signer)
        .build_client_verifier()
    )
    try:
        return verifier.verify(certificate, []).chain[1]
    except (VerificationError, x509.UnsupportedGeneralNameType, ValueError, IndexError):
        raise NotTrusted("The certificate does not come from a trusted authority.") from None


def _meant_for_code(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise NotTrusted("The certificate does not say that it is meant for signing code.") from None
    if not usage.digital_signature or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise NotTrusted("The certificate is not meant for signing code.")


def _made_public(certificate: x509.Certificate, issuer: x509.Certificate, root: TrustRoot) -> None:
    """That a Certificate Transparency log promised to show the certificate, by RFC 6962 3.2."""
    try:
        promises = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    except x509.ExtensionNotFound:
        raise NotTrusted("The certificate was not made public in a certificate log.") from None
    if not any(_promised(promise, certificate, issuer, root) for promise in promises):
        raise NotTrusted("No certificate log that is trusted here has seen the certificate.")


def _promised(
    promise: x509.certificate_transparency.SignedCertificateTimestamp,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    root: TrustRoot,
) -> bool:
    if promise.entry_type is not LogEntryType.PRE_CERTIFICATE:
        return False
    if not isinstance(promise.signature_hash_algorithm, hashes.SHA256):
        return False
    at = promise.timestamp.replace(tzinfo=UTC)
    contents = certificate.tbs_precertificate_bytes
    issued_by = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    extensions = promise.extension_bytes
    milliseconds = round(at.timestamp() * 1000)
    message = b"".join(
        (
            struct.pack("!BBQH", promise.version.value, 0, milliseconds, 1),
            hashlib.sha256(issued_by).digest(),
            len(contents).to_bytes(3, "big"),
            contents,
            struct.pack("!H", len(extensions)),
            extensions,
        )
    )
    return any(
        log.log_id == promise.log_id
        and log.at(at)
        and signed(log.key, promise.signature, message, algorithm=hashes.SHA256)
        for log in root.certificate_logs
    )
