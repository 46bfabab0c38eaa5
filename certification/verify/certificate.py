"""The signed statement inside a bundle: in-toto Statement v1, SLSA VSA v1 and our extension, checked piece by piece.

Sources: in-toto/attestation spec v1, slsa.dev/spec/v1.2/verification_summary. Members the formats do not know are
ignored here, as the VSA's parsing rules ask: they are signed. The members named below are all required.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ProblemError
from .fields import as_list, as_object, digest, flag, moment, number, one_of, stamp, text, texts
from .names import (
    CERTIFIED_PREFIX,
    EXTENSION,
    PASSED,
    PREDICATE_TYPE,
    SLSA_BUILD_PREFIX,
    STATEMENT_TYPE,
    TIERS,
    Code,
    Environment,
    certified_level,
)

if TYPE_CHECKING:
    from datetime import datetime

    from .root import TrustedKey, TrustRoot

RESOURCE = re.compile(r"(?:pkg:[a-z][a-z0-9.+-]*/|https?://)[!-~]+", re.ASCII)
"""A package URL, or the portal's own address of the version."""


@dataclass(frozen=True, slots=True)
class Feed:
    """An advisory feed the dependencies were looked up in."""

    name: str
    records: int
    age_days: int
    demo: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a valid certificate says."""

    serial: str
    name: str
    version: str
    format: str
    tier: str
    not_before: datetime
    not_after: datetime
    conditions: tuple[str, ...]
    capabilities: tuple[str, ...]
    hosts: tuple[str, ...]
    policy_version: str
    demo: bool
    feeds: tuple[Feed, ...]
    verifier_id: str
    resource_uri: str
    levels: tuple[str, ...]
    issued: datetime
    """When the verifier reached its verdict (`timeVerified`)."""
    log_origin: str
    log_index: int
    """Where the log has the entry of its issue."""


def check_subject(statement: dict[str, object], artifact_sha256: str) -> None:
    """Check that the statement is about this artifact and no other."""
    subjects = as_list(statement, "subject")
    if len(subjects) != 1:
        raise ProblemError(f"the certificate has {len(subjects)} subjects, not one")
    digests = as_object(as_object(subjects[0], "the subject").get("digest"), "the subject's digest")
    if digest(digests, "sha256") != artifact_sha256:
        raise ProblemError(
            f"the certificate is for another artifact: its sha256 is {digests['sha256']}, the file's {artifact_sha256}"
        )
    if len(digests) != 1:
        raise ProblemError("the subject has a digest besides sha256, which this verifier cannot compare")


def check_predicate_type(statement: dict[str, object]) -> dict[str, object]:
    """Check that it is an in-toto statement holding a VSA, and give the predicate."""
    one_of(statement, "_type", (STATEMENT_TYPE,))
    one_of(statement, "predicateType", (PREDICATE_TYPE,))
    return as_object(statement.get("predicate"), "predicate")


def check_verifier(predicate: dict[str, object], root: TrustRoot) -> None:
    """Check that the certificate speaks in the name that belongs to the trust root's keys."""
    found = text(as_object(predicate.get("verifier"), "verifier"), "id")
    if found != root.verifier_id:
        raise ProblemError(f'the certificate names the verifier "{found}", the trust root is of "{root.verifier_id}"')


def check_resource(predicate: dict[str, object], expected: str | None) -> None:
    """Check the form of `resourceUri` and, where the user named one, that it is the expected one."""
    found = text(predicate, "resourceUri")
    if not RESOURCE.fullmatch(found):
        raise ProblemError(f'resourceUri "{found}" is neither a package URL nor a web address')
    if expected is not None and found != expected:
        raise ProblemError(f'the certificate is for "{found}", not for the expected "{expected}"')
    text(as_object(predicate.get("policy"), "policy"), "uri")


def check_result(predicate: dict[str, object]) -> None:
    """Check that the verdict is PASSED."""
    found = text(predicate, "verificationResult")
    if found != PASSED:
        raise ProblemError(f"the verdict is {found}, not {PASSED}")


def check_levels(predicate: dict[str, object]) -> tuple[str, ...]:
    """Check that there is exactly one certified level, of a known tier, and at most one of the SLSA build track."""
    levels = texts(predicate, "verifiedLevels")
    certified = [level for level in levels if level.startswith(CERTIFIED_PREFIX)]
    if len(certified) != 1 or certified[0] not in map(certified_level, TIERS):
        raise ProblemError("verifiedLevels does not say at which tier the plugin is certified")
    if sum(level.startswith(SLSA_BUILD_PREFIX) for level in levels) > 1 or "FAILED" in levels:
        raise ProblemError("verifiedLevels contradicts itself")
    return levels


def read_certificate(predicate: dict[str, object], levels: tuple[str, ...], root: TrustRoot) -> Certificate:
    """Read our extension, all of it required, and check that it agrees with the rest."""
    if EXTENSION not in predicate:
        raise ProblemError(f"the certificate lacks the extension {EXTENSION}")
    extension = as_object(predicate[EXTENSION], "the certificate's extension")
    plugin = as_object(extension.get("plugin"), "plugin")
    log = as_object(extension.get("log"), "log")
    certificate = Certificate(
        serial=text(extension, "serial"),
        name=text(plugin, "name"),
        version=text(plugin, "version"),
        format=text(plugin, "format"),
        tier=one_of(extension, "tier", TIERS),
        not_before=moment(extension, "notBefore"),
        not_after=moment(extension, "notAfter"),
        conditions=texts(extension, "conditions"),
        capabilities=texts(extension, "capabilities"),
        hosts=texts(extension, "hosts"),
        policy_version=text(extension, "policyVersion"),
        demo=flag(extension, "demo"),
        feeds=tuple(map(_feed, as_list(extension, "advisoryFeeds"))),
        verifier_id=root.verifier_id,
        resource_uri=text(predicate, "resourceUri"),
        levels=levels,
        issued=moment(predicate, "timeVerified"),
        log_origin=text(log, "origin"),
        log_index=number(log, "index"),
    )
    _check_agreement(certificate, root)
    return certificate


def _feed(value: object) -> Feed:
    entry = as_object(value, "an advisory feed")
    return Feed(text(entry, "name"), number(entry, "records"), number(entry, "ageDays"), flag(entry, "demo"))


def _check_agreement(certificate: Certificate, root: TrustRoot) -> None:
    if certified_level(certificate.tier) not in certificate.levels:
        raise ProblemError(f"tier {certificate.tier} does not agree with verifiedLevels")
    if certificate.demo and root.environment is not Environment.DEMO:
        raise ProblemError("it is a demo certificate, and the trust root is not a demo's")
    if root.environment is Environment.DEMO and not certificate.demo:
        raise ProblemError("the trust root is a demo's, and the certificate is not marked as one")


def check_validity(certificate: Certificate, key: TrustedKey, at: datetime) -> None:
    """Check that the certificate holds at `at` and that its key was allowed to sign when it was issued."""
    if at < certificate.not_before:
        raise ProblemError(f"the certificate is not valid before {stamp(certificate.not_before)}", Code.NOT_YET_VALID)
    if at >= certificate.not_after:
        raise ProblemError(f"the certificate expired at {stamp(certificate.not_after)}", Code.EXPIRED)
    if not key.valid_from <= certificate.issued < key.valid_to:
        raise ProblemError("the certificate was issued outside the time in which its key may sign")
