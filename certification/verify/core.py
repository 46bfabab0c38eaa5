"""The verification itself: all steps in their order, on bytes. No files, no clock, no output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from . import certificate as statements
from .canonical import parse, parse_canonical, require_canonical
from .envelope import Envelope, check_signatures, read_envelope
from .errors import ProblemError, RefusedError, UnusableError
from .fields import as_object, closed
from .names import (
    BUNDLE_SCHEMA,
    DOCUMENT_LIMIT,
    STATEMENT_PAYLOAD,
    TRUST_ROOT_PAYLOAD,
    Environment,
    KeyStatus,
    Role,
    Step,
)
from .root import TrustRoot, read_anchor, read_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .certificate import Certificate
    from .root import TrustedKey

P = ParamSpec("P")
T = TypeVar("T")
BUNDLE_MEMBERS = ("schema", "certificate", "trustRoot")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verification came to. `certificate` is there only when every step passed."""

    passed: tuple[Step, ...]
    certificate: Certificate | None = None
    failed: Step | None = None
    message: str = ""

    @property
    def valid(self) -> bool:
        """Whether the certificate holds."""
        return self.certificate is not None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in its right form, with nothing proven."""

    certificate: Envelope
    root_envelope: Envelope
    root: TrustRoot


def verify(
    *, bundle: bytes, trust_root: bytes, artifact_sha256: str, at: datetime, expect_resource: str | None = None
) -> Outcome:
    """Verify a bundle for the artifact with this digest, at this time.

    Raises UnusableError when bundle or trust root is not such a document at all; every other fault is in the outcome.
    """
    bundle_document = _recognise(bundle, "bundle", "schema", BUNDLE_SCHEMA)
    root_document = _recognise(trust_root, "trust root", "payloadType", TRUST_ROOT_PAYLOAD)
    steps = _Steps()
    try:
        root = steps.take(Step.TRUST_ROOT, read_anchor, trust_root, root_document, at=at)
        contents = steps.take(Step.BUNDLE, _read_bundle, bundle, bundle_document)
        steps.take(Step.ENVIRONMENT, _check_environment, contents, root)
        key = steps.take(Step.SIGNATURE, _check_signature, contents, root)
        steps.take(Step.BUNDLED_ROOT, _check_bundled_root, contents, root)
        certificate = _check_statement(steps, contents, root, artifact_sha256, expect_resource)
        steps.take(Step.VALIDITY, statements.check_validity, certificate, key, at)
    except RefusedError as refusal:
        return Outcome(tuple(steps.passed), failed=refusal.step, message=refusal.message)
    return Outcome(tuple(steps.passed), certificate)


class _Steps:
    """Takes one step after the other and remembers how far it came."""

    def __init__(self) -> None:
        self.passed: list[Step] = []

    def take(self, step: Step, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a check; a problem in it becomes the refusal at this step."""
        try:
            result = check(*args, **kwargs)
        except ProblemError as problem:
            raise RefusedError(step, str(problem)) from problem
        self.passed.append(step)
        return result


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


def _read_bundle(data: bytes, document: dict[str, object]) -> Bundle:
    require_canonical(data, document)
    members = closed(document, BUNDLE_MEMBERS, "the bundle")
    certificate = read_envelope(members["certificate"], payload_type=STATEMENT_PAYLOAD, what="the certificate")
    if len(certificate.signatures) != 1:
        raise ProblemError("the certificate has more than one signature")
    copy = read_envelope(
        members["trustRoot"], payload_type=TRUST_ROOT_PAYLOAD, what="the bundle's copy of a trust root"
    )
    return Bundle(certificate, copy, read_root(copy))


def _check_environment(bundle: Bundle, root: TrustRoot) -> None:
    """Refuse early, and with a message of its own, what comes from a demo; the signed mark is checked later as well."""
    if bundle.root.environment is root.environment:
        return
    if bundle.root.environment is Environment.DEMO:
        raise ProblemError("the bundle comes from a demo, and the trust root is not a demo's")
    raise ProblemError("the trust root is a demo's, and the bundle does not come from a demo")


def _check_signature(bundle: Bundle, root: TrustRoot) -> TrustedKey:
    """Check the certificate's signature by a certifier key of the anchor, and give that key."""
    (keyid,) = bundle.certificate.signatures
    known = {keyid: key.public for keyid, key in root.keys.items() if key.role is Role.CERTIFIER}
    if keyid in root.keys and keyid not in known:
        raise ProblemError(f"the certificate is signed by a key whose role is {root.keys[keyid].role}, not certifier")
    check_signatures(bundle.certificate, keys=known, threshold=1, what="the certificate")
    if root.keys[keyid].status is KeyStatus.COMPROMISED:
        raise ProblemError("the certificate is signed by a key that is marked as compromised")
    return root.keys[keyid]


def _check_bundled_root(bundle: Bundle, root: TrustRoot) -> None:
    """Check that the copy was signed by the anchor's root keys. It is for people to read; nothing is taken from it."""
    check_signatures(
        bundle.root_envelope, keys=root.root_keys, threshold=root.threshold, what="the bundle's copy of a trust root"
    )


def _check_statement(
    steps: _Steps, bundle: Bundle, root: TrustRoot, artifact_sha256: str, expect_resource: str | None
) -> Certificate:
    """Take the steps the VSA specification asks of a consumer, in its order, and read our extension."""

    def read_subject() -> dict[str, object]:
        statement = as_object(parse_canonical(bundle.certificate.payload), "the statement")
        statements.check_subject(statement, artifact_sha256)
        return statement

    statement = steps.take(Step.SUBJECT, read_subject)
    predicate = steps.take(Step.PREDICATE_TYPE, statements.check_predicate_type, statement)
    steps.take(Step.VERIFIER, statements.check_verifier, predicate, root)
    steps.take(Step.RESOURCE, statements.check_resource, predicate, expect_resource)
    steps.take(Step.RESULT, statements.check_result, predicate)
    levels = steps.take(Step.LEVELS, statements.check_levels, predicate)
    return steps.take(Step.CERTIFICATE, statements.read_certificate, predicate, levels, root)
