"""Fulcio's certificates: to whom one was issued, out of its extensions.

Source of the numbers: Sigstore's "Fulcio OID information", below 1.3.6.1.4.1.57264.1. Numbers 1 to 6 hold bare text,
8 and above a DER UTF8String.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from plugins.provenance.addresses import normal
from plugins.provenance.model import Identity
from plugins.provenance.strict import Unreadable, optional

if TYPE_CHECKING:
    from collections.abc import Mapping

ARC = "1.3.6.1.4.1.57264.1."
ISSUER_OLD, COMMIT_OLD, REPOSITORY_OLD, REF_OLD = 1, 3, 5, 6
ISSUER, BUILDER, RUNNER, REPOSITORY, COMMIT, REF, WORKFLOW = 8, 9, 11, 12, 13, 14, 18
_LAST_BARE = 6
_UTF8_STRING = 0x0C
_SHORT_LENGTH = 0x80
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate of strangers, with extensions that can be read.

    Raises:
        Unreadable: it is none.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        list(certificate.extensions)
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise Unreadable("The certificate cannot be read.") from None
    return certificate


def identity_of(certificate: x509.Certificate) -> Identity:
    """Whom the certificate names.

    Raises:
        Unreadable: it names nobody or several, or its old and new fields contradict each other.
    """
    fields = _fields(certificate)
    issuer = _agreed(fields, ISSUER, ISSUER_OLD, "issuer")
    repository = fields.get(REPOSITORY, "")
    if old := fields.get(REPOSITORY_OLD, ""):
        address = f"https://github.com/{old}" if issuer == GITHUB_ISSUER else ""
        if repository and address and normal(repository) != normal(address):
            raise Unreadable("The certificate contradicts itself about the repository.")
        repository = repository or address
    return Identity(
        subject=_subject(certificate),
        issuer=issuer,
        builder=fields.get(BUILDER, ""),
        workflow=fields.get(WORKFLOW, ""),
        repository=normal(repository),
        ref=_agreed(fields, REF, REF_OLD, "ref"),
        commit=_agreed(fields, COMMIT, COMMIT_OLD, "commit"),
        runner=fields.get(RUNNER, ""),
    )


def _agreed(fields: Mapping[int, str], new: int, old: int, what: str) -> str:
    first, second = fields.get(new, ""), fields.get(old, "")
    if first and second and first != second:
        raise Unreadable(f"The certificate contradicts itself about the {what}.")
    return first or second


def _fields(certificate: x509.Certificate) -> dict[int, str]:
    found = {}
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.UnrecognizedExtension) and value.oid.dotted_string.startswith(ARC):
            tail = value.oid.dotted_string.removeprefix(ARC)
            if tail.isdecimal():
                found[int(tail)] = _text(value.value, bare=int(tail) <= _LAST_BARE)
    return found


def _text(data: bytes, *, bare: bool) -> str:
    if not bare:
        data = _utf8_string(data)
    try:
        return optional(data.decode(), "A field of the certificate")
    except UnicodeDecodeError:
        raise Unreadable("A field of the certificate is no text.") from None


def _utf8_string(data: bytes) -> bytes:
    """The contents of a DER UTF8String that is all there is."""
    if len(data) < 2 or data[0] != _UTF8_STRING:  # noqa: PLR2004 - tag and length
        raise Unreadable("A field of the certificate is no text.")
    size, start = data[1], 2
    if size >= _SHORT_LENGTH:
        count = size - _SHORT_LENGTH
        size, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) - start != size:
        raise Unreadable("A field of the certificate is no text.")
    return data[start:]


def _subject(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise Unreadable("The certificate names nobody.") from None
    subjects = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier | x509.RFC822Name)]
    if len(subjects) != 1 or len(list(names)) != 1:
        raise Unreadable("The certificate does not name exactly one signer.")
    return optional(subjects[0], "The certificate's name")
