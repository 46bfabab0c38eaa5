"""In-toto statements v1 and v0.1, and what SLSA, npm and PyPI say in them about a build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.provenance.addresses import normal, ref_of
from plugins.provenance.model import Claim, Statement, Subject
from plugins.provenance.strict import Unreadable, json_of, listing, mapping, optional, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugins.provenance.model import Envelope

STATEMENTS = frozenset({"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"})
PYPI_PUBLISH = "https://docs.pypi-org/attestations/publish/v1".replace("pypi-", "pypi.")
"""Spelt so that no registry host stands in the code; this is a name, and nothing is asked there."""
MAX_SUBJECTS = 1024
MAX_DEPENDENCIES = 10_000
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Digests that bind: algorithm to the number of its hex digits."""
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


class UnknownPredicate(ValueError):
    """The statement is well formed, but says nothing about a build that is understood here."""


def read_statement(envelope: Envelope) -> Statement:
    """The statement in an envelope, read from the signed bytes.

    Raises:
        Unreadable: it is no statement, or speaks about nothing that can be told by a digest.
    """
    data = mapping(json_of(envelope.payload, "The statement"), "The statement")
    if data.get("_type") not in STATEMENTS:
        raise Unreadable("The statement is of a type that is not known here.")
    subjects = listing(data.get("subject"), "The list of subjects", MAX_SUBJECTS)
    if not subjects:
        raise Unreadable("The statement speaks about nothing.")
    predicate = data.get("predicate")
    return Statement(
        subjects=tuple(_subject(mapping(one, "A subject")) for one in subjects),
        predicate_type=text(data.get("predicateType"), "The type of the statement", 300),
        predicate={} if predicate is None else mapping(predicate, "The predicate"),
    )


def read_claim(statement: Statement) -> Claim:
    """Who built what from where, in the statement's words.

    Raises:
        Unreadable: the predicate is not of its type's form.
        UnknownPredicate: it is of another type; the text says what that means.
    """
    match statement.predicate_type:
        case "https://slsa.dev/provenance/v1":
            return _slsa_1(statement.predicate)
        case "https://slsa.dev/provenance/v0.2":
            return _slsa_0_2(statement.predicate)
        case kind if kind == PYPI_PUBLISH:
            return Claim()  # the certificate alone says who published, which is the workflow that built
        case "https://github.com/npm/attestation/tree/main/specs/publish/v0.1":
            raise UnknownPredicate("It says who published the package, not who built it.")
    raise UnknownPredicate("It is a statement of another kind: not SLSA provenance, not PyPI's publication.")


def _subject(data: Mapping[str, Any]) -> Subject:
    digests = {}
    for name, value in mapping(data.get("digest"), "A subject's digest").items():
        if name in _LENGTHS:
            if not isinstance(value, str) or len(value) != _LENGTHS[name] or not _HEX.fullmatch(value):
                raise Unreadable(f"A subject's {name} is no lower-case hex of its length.")
            digests[name] = value
    return Subject(optional(data.get("name"), "A subject's name", 1000), digests)


def _slsa_1(predicate: Mapping[str, Any]) -> Claim:
    definition = mapping(predicate.get("buildDefinition"), "buildDefinition")
    text(definition.get("buildType"), "buildType")
    builder = mapping(mapping(predicate.get("runDetails"), "runDetails").get("builder"), "builder")
    parameters = mapping(definition.get("externalParameters"), "externalParameters")
    workflow = parameters.get("workflow")
    stated = workflow if isinstance(workflow, dict) else {}
    repository = optional(stated.get("repository"), "The workflow's repository")
    materials = _materials(definition.get("resolvedDependencies"), "resolvedDependencies", "gitCommit")
    source = next((one for one in materials if not repository or normal(one[0]) == normal(repository)), ("", ""))
    return Claim(
        builder=text(builder.get("id"), "The builder's id"),
        workflow=optional(stated.get("path"), "The workflow's path"),
        repository=normal(repository or source[0]),
        ref=optional(stated.get("ref"), "The workflow's ref") or ref_of(source[0]),
        commit=source[1],
    )


def _slsa_0_2(predicate: Mapping[str, Any]) -> Claim:
    builder = mapping(predicate.get("builder"), "builder")
    text(predicate.get("buildType"), "buildType")
    invocation = predicate.get("invocation")
    source = (invocation if isinstance(invocation, dict) else {}).get("configSource")
    stated = source if isinstance(source, dict) else {}
    address = optional(stated.get("uri"), "The source's address")
    digest = stated.get("digest")
    commit = _commit((digest if isinstance(digest, dict) else {}).get("sha1"))
    materials = _materials(predicate.get("materials"), "materials", "sha1")
    other = next((one for one in materials if not address or normal(one[0]) == normal(address)), ("", ""))
    return Claim(
        builder=text(builder.get("id"), "The builder's id"),
        workflow=optional(stated.get("entryPoint"), "The source's entry point"),
        repository=normal(address or other[0]),
        ref=ref_of(address) or ref_of(other[0]),
        commit=commit or other[1],
    )


def _materials(value: object, what: str, algorithm: str) -> list[tuple[str, str]]:
    """The git repositories among what went into a build: address and commit."""
    found = []
    for one in listing([] if value is None else value, what, MAX_DEPENDENCIES):
        item = mapping(one, f"An item of {what}")
        digest = item.get("digest")
        commit = _commit((digest if isinstance(digest, dict) else {}).get(algorithm))
        address = optional(item.get("uri"), f"An address in {what}")
        if commit and normal(address):
            found.append((address, commit))
    return found


def _commit(value: object) -> str:
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else ""
