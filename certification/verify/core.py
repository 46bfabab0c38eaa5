"""The verification itself: all steps in their order, on bytes. No files, no clock, no output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import certificate as statements
from .bundle import read_bundle, read_signed_list
from .canonical import LARGEST, parse, parse_canonical
from .envelope import check_signatures, read_envelope
from .errors import ProblemError, RefusedError, UnusableError
from .fields import as_object
from .inclusion import check_logged
from .names import (
    BUNDLE_SCHEMA,
    DOCUMENT_LIMIT,
    STATEMENT_PAYLOAD,
    STATUS_LIST_PAYLOAD,
    TRUST_ROOT_PAYLOAD,
    Environment,
    KeyStatus,
    Role,
    Step,
)
from .outcome import Outcome, Progress, Request
from .root import TrustRoot, follow, read_anchor, read_root
from .state import check_sequence
from .status import check_fresh, check_list, check_unlisted

if TYPE_CHECKING:
    from .bundle import Bundle
    from .certificate import Certificate
    from .envelope import Envelope
    from .root import TrustedKey
    from .status import StatusList

__all__ = ["Outcome", "Request", "verify", "verify_unlogged"]


def verify(*, bundle: bytes, trust_root: bytes, request: Request, status_list: bytes | None = None) -> Outcome:
    """Verify a bundle for an artifact, at a time. `status_list` may be newer than the one in the bundle.

    Raises UnusableError when one of the documents is not such a document at all; every other fault is in the outcome.
    """
    bundle_document = _recognise(bundle, "bundle", "schema", BUNDLE_SCHEMA)
    root_document = _recognise(trust_root, "trust root", "payloadType", TRUST_ROOT_PAYLOAD)
    if status_list is not None:
        _recognise(status_list, "status list", "payloadType", STATUS_LIST_PAYLOAD)
    progress = Progress()
    try:
        anchor = progress.take(Step.TRUST_ROOT, read_anchor, trust_root, root_document, at=request.at)
        contents = progress.take(Step.BUNDLE, read_bundle, bundle, bundle_document)
        progress.take(Step.ENVIRONMENT, _check_environment, contents, anchor)
        root, envelope = progress.take(Step.BUNDLED_ROOT, _newest_root, contents, trust_root, request)
        progress.root, progress.root_bytes = root, envelope
        certificate = _check_certificate(progress, contents.certificate, contents.proof.index, root, request)
        newest = progress.begin(Step.STATUS, _newest_list, contents, status_list, root, request)
        progress.status = newest
        progress.begin(Step.STATUS, check_unlisted, newest, certificate.serial)
        progress.warnings = progress.take(Step.STATUS, check_fresh, newest, request.at, request.grace)
        progress.take(Step.INCLUSION, check_logged, contents, certificate, newest.log, request.artifact_sha256, root)
    except RefusedError as refusal:
        return progress.refused(refusal)
    return progress.valid(certificate)


def verify_unlogged(*, certificate: bytes, trust_root: bytes, request: Request) -> Outcome:
    """Verify a certificate's envelope as far as that goes without log and status list: for who is about to issue it.

    Raises ProblemError where the trust root cannot be used or the certificate is no canonical envelope.
    """
    root = read_anchor(trust_root, parse(trust_root), at=request.at)
    envelope = read_envelope(
        parse_canonical(certificate, "the certificate"), payload_type=STATEMENT_PAYLOAD, what="the certificate"
    )
    progress = Progress()
    try:
        return progress.valid(_check_certificate(progress, envelope, LARGEST, root, request))
    except RefusedError as refusal:
        return progress.refused(refusal)


def _recognise(data: bytes, what: str, member: str, expected: str) -> dict[str, object]:
    """Parse a document that must at least name its type: the line between unusable and not valid."""
    code = what.replace(" ", "-")
    if len(data) > DOCUMENT_LIMIT:
        raise UnusableError(code, f"the {what} is larger than {DOCUMENT_LIMIT} bytes")
    try:
        document = as_object(parse(data), "the document")
    except ProblemError as problem:
        raise UnusableError(code, f"the {what} cannot be read: {problem}") from problem
    if document.get(member) != expected:
        raise UnusableError(code, f'the {what} is no such document: its "{member}" is not "{expected}"')
    return document


def _check_environment(bundle: Bundle, root: TrustRoot) -> None:
    """Refuse early, and with a message of its own, what comes from a demo; the signed mark is checked later as well."""
    if bundle.root.environment is root.environment:
        return
    if bundle.root.environment is Environment.DEMO:
        raise ProblemError("the bundle comes from a demo, and the trust root is not a demo's")
    raise ProblemError("the trust root is a demo's, and the bundle does not come from a demo")


def _newest_root(bundle: Bundle, given: bytes, request: Request) -> tuple[TrustRoot, bytes]:
    """Give the trust root that counts, and its envelope.

    What was accepted before and what the bundle brings take the place of what was given where they are newer and root
    keys vouch for them.
    """
    others = [request.seen.trust_root] if request.seen else []
    root = follow(given, *others, bundle.root_bytes, at=request.at)
    for data in (bundle.root_bytes, *others):
        envelope = read_envelope(
            parse_canonical(data, "a trust root"), payload_type=TRUST_ROOT_PAYLOAD, what="a trust root"
        )
        if read_root(envelope).version == root.version:
            return root, data
    return root, given


def _check_certificate(
    progress: Progress, envelope: Envelope, index: int, root: TrustRoot, request: Request
) -> Certificate:
    """Take the steps from signature to time. `index` is where the log is said to have it, which is proven later."""
    key = progress.take(Step.SIGNATURE, _check_signature, envelope, index, root)
    certificate = _check_statement(progress, envelope, root, request)
    progress.take(Step.VALIDITY, statements.check_validity, certificate, key, request.at)
    return certificate


def _check_signature(certificate: Envelope, index: int, root: TrustRoot) -> TrustedKey:
    """Check the certificate's signature by a certifier key of the trust root, and give that key.

    What a compromised key signed counts if it was logged before the cut-off.
    """
    if len(certificate.signatures) != 1:
        raise ProblemError("the certificate has more than one signature")
    (keyid,) = certificate.signatures
    known = {keyid: key.public for keyid, key in root.keys.items() if key.role is Role.CERTIFIER}
    if keyid in root.keys and keyid not in known:
        raise ProblemError(f"the certificate is signed by a key whose role is {root.keys[keyid].role}, not certifier")
    check_signatures(certificate, keys=known, threshold=1, what="the certificate")
    key = root.keys[keyid]
    if key.status is KeyStatus.COMPROMISED and index >= (key.log_cutoff or 0):
        raise ProblemError(
            "the certificate is signed by a key that is marked as compromised: only what was logged before entry "
            f"{key.log_cutoff} counts"
        )
    return key


def _check_statement(progress: Progress, envelope: Envelope, root: TrustRoot, request: Request) -> Certificate:
    """Take the steps the VSA specification asks of a consumer, in its order, and read our extension."""

    def read_subject() -> dict[str, object]:
        statement = as_object(parse_canonical(envelope.payload, "the statement"), "the statement")
        statements.check_subject(statement, request.artifact_sha256)
        return statement

    statement = progress.take(Step.SUBJECT, read_subject)
    predicate = progress.take(Step.PREDICATE_TYPE, statements.check_predicate_type, statement)
    progress.take(Step.VERIFIER, statements.check_verifier, predicate, root)
    progress.take(Step.RESOURCE, statements.check_resource, predicate, request.expect_resource)
    progress.take(Step.RESULT, statements.check_result, predicate)
    levels = progress.take(Step.LEVELS, statements.check_levels, predicate)
    return progress.take(Step.CERTIFICATE, statements.read_certificate, predicate, levels, root)


def _newest_list(bundle: Bundle, newer: bytes | None, root: TrustRoot, request: Request) -> StatusList:
    """Give the status list that counts: of the bundle's and the one given beside it the newer.

    Both must hold, and two of one number must be the same.
    """
    lists = (
        [bundle.status]
        if newer is None
        else [bundle.status, read_signed_list(parse_canonical(newer, "the status list"))]
    )
    for each in lists:
        check_list(each.list, each.envelope, root)
    newest = max((each.list for each in lists), key=lambda each: each.sequence)
    if len({each.envelope.payload for each in lists if each.list.sequence == newest.sequence}) > 1:
        raise ProblemError(f"there are two status lists of number {newest.sequence} that say different things")
    check_sequence(request.seen, newest.sequence)
    return newest
