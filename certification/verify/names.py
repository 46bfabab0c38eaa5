"""The fixed names of the formats, in one place for the verifier and for the signing side."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

BUNDLE_SCHEMA: Final = "plugwarden.bundle/v2"
STATUS_LIST_SCHEMA: Final = "plugwarden.status-list/v1"
STATUS_DELTA_SCHEMA: Final = "plugwarden.status-delta/v1"
RESULT_SCHEMA: Final = "plugwarden.verify/v1"

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
STATEMENT_PAYLOAD: Final = "application/vnd.in-toto+json"
PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
EXTENSION: Final = "https://plugwarden.org/attestations/certificate/v1"
"""Member of the predicate that holds what a VSA has no place for; a name, not an address."""
CHECK_RESULT: Final = "https://plugwarden.org/attestations/check-result/v1"
"""Predicate type of the signed result of one check; a name, not an address."""
TRUST_ROOT_PAYLOAD: Final = "application/vnd.plugwarden.trust-root+json"
STATUS_LIST_PAYLOAD: Final = "application/vnd.plugwarden.status-list+json"
STATUS_DELTA_PAYLOAD: Final = "application/vnd.plugwarden.status-delta+json"
"""Of another type than a list: what tells only of changes must never pass for the whole."""

ALGORITHM: Final = "ed25519"
PASSED: Final = "PASSED"
CERTIFIED_PREFIX: Final = "PLUGWARDEN_CERTIFIED_"
SLSA_BUILD_PREFIX: Final = "SLSA_BUILD_LEVEL_"
SLSA_UNEVALUATED: Final = "SLSA_BUILD_LEVEL_UNEVALUATED"
TIERS: Final = ("low", "moderate", "high", "critical")

DOCUMENT_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a bundle, a status list or a trust root."""


class Environment(StrEnum):
    """What an installation is for; a demo's word counts only in the demo."""

    PRODUCTION = "production"
    DEMO = "demo"


class Role(StrEnum):
    """What a key of the trust root may sign: certificates, checkpoints, status lists, advisory feeds."""

    CERTIFIER = "certifier"
    LOG = "log"
    STATUS = "status"
    FEED = "feed"


class KeyStatus(StrEnum):
    """Whether a key is in use. A retired key's old signatures hold, a compromised key's only below its log cut-off."""

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


class Step(StrEnum):
    """The steps of a verification, in the order they are taken."""

    TRUST_ROOT = "trust-root"
    BUNDLE = "bundle"
    ENVIRONMENT = "environment"
    BUNDLED_ROOT = "bundled-root"
    SIGNATURE = "signature"
    SUBJECT = "subject"
    PREDICATE_TYPE = "predicate-type"
    VERIFIER = "verifier"
    RESOURCE = "resource"
    RESULT = "result"
    LEVELS = "levels"
    CERTIFICATE = "certificate"
    VALIDITY = "validity"
    STATUS = "status"
    INCLUSION = "inclusion"


class Code(StrEnum):
    """What is wrong, where the failed step alone does not say it to a program."""

    UNKNOWN_KEY = "unknown-key"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    STALE = "stale"
    REPLAYED = "replayed"


def certified_level(tier: str) -> str:
    """Give the `verifiedLevels` value that says a plugin is certified at a tier."""
    return f"{CERTIFIED_PREFIX}{tier.upper()}"
