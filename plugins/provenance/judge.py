"""Is a statement about this artifact, and does somebody who may say so stand behind it? All else is *unverified*.

A statement counts when all of these hold: its signature is verified (`signers`), a subject's digest is the artifact's,
the subject's name is no other package's, what it says of the source agrees with the certificate and the manifest, and
the trust file lets this signer speak about that repository. What does not count is treated as if it were not there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugins.provenance.addresses import normal
from plugins.provenance.documents import read_document
from plugins.provenance.names import same_package
from plugins.provenance.signers import Signer, Unverified, signer_of
from plugins.provenance.statements import UnknownPredicate, read_claim, read_statement
from plugins.provenance.strict import Unreadable
from plugins.provenance.trust import matches

if TYPE_CHECKING:
    from plugins.provenance.documents import Part
    from plugins.provenance.model import Bundle, Claim, Identity, Statement
    from plugins.provenance.trust import AllowedIdentity, TrustedKey, TrustRoot

MAX_SHOWN_SUBJECTS = 10


@dataclass(frozen=True, slots=True)
class Artifact:
    """What the statements are held against: the bytes' digests, and the package in them."""

    sha256: str
    sha512: str
    purl: str
    repository: str = ""
    """As the manifest names it."""

    @property
    def digests(self) -> dict[str, str]:
        """By the name of the algorithm."""
        return {"sha256": self.sha256, "sha512": self.sha512}


@dataclass(frozen=True, slots=True)
class Judged:
    """One statement and what came of it. Texts are of strangers unless it is verified, and of their builder then."""

    document: str
    form: str = ""
    kind: str = ""
    """The type of its predicate."""
    verified: bool = False
    reason: str = ""
    """Why it is not verified; who stands behind it, where it is."""
    about: bool | None = None
    """Whether it is about this artifact. None: it could not be read so far."""
    subjects: tuple[str, ...] = ()
    builder: str = ""
    workflow: str = ""
    repository: str = ""
    ref: str = ""
    commit: str = ""
    signer: str = ""
    """Whom the signature is of, where it is verified: an identity, or the name of a key."""
    issuer: str = ""
    signed_at: str = ""
    log_index: int | None = None


def judge(name: str, raw: bytes, artifact: Artifact, root: TrustRoot | None) -> tuple[Judged, ...]:
    """Every attestation of a file, judged. A file that cannot be read is one that is not verified."""
    try:
        parts = read_document(raw)
    except Unreadable as problem:
        return (Judged(name, reason=str(problem)),)
    return tuple(_judge(name, part, artifact, root) for part in parts)


def _judge(name: str, part: Part, artifact: Artifact, root: TrustRoot | None) -> Judged:
    if part.bundle is None:
        return Judged(name, reason=part.problem)
    found = Judged(name, form=part.bundle.form)
    try:
        statement = read_statement(part.bundle.envelope)
        found = replace(found, kind=statement.predicate_type, subjects=_shown(statement))
        found = replace(found, about=_about(statement, artifact))
        claim = read_claim(statement)
        found = _stated(found, claim, part.bundle)
        signer = signer_of(part.bundle, root)
        found = _signed(found, signer)
        _demand_about(statement, artifact)
        _demand_allowed(found, claim, signer, artifact, root)
    except (Unreadable, UnknownPredicate, Unverified) as problem:
        return replace(found, reason=str(problem))
    return replace(found, verified=True, reason=_behind(found, signer))


def _shown(statement: Statement) -> tuple[str, ...]:
    return tuple(subject.name for subject in statement.subjects[:MAX_SHOWN_SUBJECTS])


def _about(statement: Statement, artifact: Artifact) -> bool:
    """Whether a subject has a digest of this artifact and none that contradicts it."""
    return any(
        subject.digests.keys() & artifact.digests.keys()
        and all(artifact.digests.get(name, value) == value for name, value in subject.digests.items())
        for subject in statement.subjects
    )


def _demand_about(statement: Statement, artifact: Artifact) -> None:
    """That a subject is the artifact and is called like the package, where it is called like any.

    The same bytes under another name would be a package that somebody passes off as theirs.
    """
    if not _about(statement, artifact):
        raise Unverified("It is about another artifact: none of its digests is this one's.")
    names = [
        subject.name
        for subject in statement.subjects
        if any(artifact.digests.get(name) == value for name, value in subject.digests.items())
    ]
    if not any(same_package(name, artifact.purl) for name in names):
        raise Unverified("It names another package than the one in this artifact.")


def _stated(found: Judged, claim: Claim, bundle: Bundle) -> Judged:
    return replace(
        found,
        builder=claim.builder,
        workflow=claim.workflow,
        repository=claim.repository,
        ref=claim.ref,
        commit=claim.commit,
        log_index=bundle.entries[0].index if bundle.entries else None,
    )


def _signed(found: Judged, signer: Signer) -> Judged:
    """With what the certificate says, which is worth more than the statement's own words."""
    if signer.identity is None:
        return replace(found, signer=signer.key.name if signer.key else "")
    identity = signer.identity
    return replace(
        found,
        signer=identity.subject,
        issuer=identity.issuer,
        builder=found.builder or identity.builder or identity.subject,
        workflow=identity.workflow or identity.builder or found.workflow,
        repository=found.repository or identity.repository,
        ref=found.ref or identity.ref,
        commit=found.commit or identity.commit,
        signed_at=signer.at.isoformat() if signer.at else "",
    )


def _demand_allowed(found: Judged, claim: Claim, signer: Signer, artifact: Artifact, root: TrustRoot | None) -> None:
    """That signer, statement and manifest agree on the source, and that the signer may speak about it."""
    named = normal(artifact.repository)
    if named and found.repository and found.repository != named:
        raise Unverified("It is about another repository than the one the package's manifest names.")
    if signer.key is not None:
        _demand_key(found, signer.key)
    elif signer.identity is not None and root is not None:
        _demand_identity(claim, signer.identity, named, root)
    else:
        raise Unverified("Nobody has signed it.")


def _demand_key(found: Judged, key: TrustedKey) -> None:
    if not any(matches(pattern, found.builder) for pattern in key.builders):
        raise Unverified("The key that signed it may not speak for this builder.")
    if not any(matches(pattern, found.repository) for pattern in key.repositories):
        raise Unverified("The key that signed it may not speak about this repository.")


def _demand_identity(claim: Claim, identity: Identity, named: str, root: TrustRoot) -> None:
    if not identity.repository:
        raise Unverified("It is signed by a person or program without a repository, not by a build of one.")
    if claim.repository and claim.repository != identity.repository:
        raise Unverified("It speaks of another repository than the certificate of its signer.")
    if claim.commit and identity.commit and claim.commit != identity.commit:
        raise Unverified("It speaks of another commit than the certificate of its signer.")
    if not root.identities:
        if not named:
            raise Unverified("The package's manifest names no repository that it could be held against.")
        return  # `named` equals the statement's repository, and that the certificate's
    if not any(_allows(rule, identity, claim) for rule in root.identities):
        raise Unverified("The trust file does not let its signer speak about this repository.")


def _allows(rule: AllowedIdentity, identity: Identity, claim: Claim) -> bool:
    builders = {claim.builder, identity.builder, identity.subject} - {""}
    return (
        matches(rule.repository, identity.repository)
        and matches(rule.issuer, identity.issuer)
        and (not rule.builders or any(matches(pattern, one) for pattern in rule.builders for one in builders))
    )


def _behind(found: Judged, signer: Signer) -> str:
    if signer.key is not None:
        return f"Signed with the trusted key “{found.signer}”."
    return f"Signed by {found.signer}, as {found.issuer} vouches."
