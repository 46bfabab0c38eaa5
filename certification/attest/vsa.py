"""Write the statement a certificate signs: in-toto Statement v1 holding a SLSA VSA v1 and our extension.

Sources: in-toto/attestation spec v1, slsa.dev/spec/v1.2/verification_summary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical
from certification.verify.certificate import RESOURCE
from certification.verify.fields import DIGEST, stamp
from certification.verify.names import (
    EXTENSION,
    PASSED,
    PREDICATE_TYPE,
    SLSA_UNEVALUATED,
    STATEMENT_TYPE,
    certified_level,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from governance.vocabulary import Tier

SLSA_VERSION = "1.2"
URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Resource:
    """Something a certificate refers to by address and digest."""

    uri: str
    sha256: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class PluginName:
    """What the artifact calls itself."""

    name: str
    version: str
    format: str


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """An advisory feed the dependencies were looked up in, as it was then."""

    name: str
    records: int
    age_days: int
    demo: bool


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where the log will have the entry that says the certificate was issued."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """All a certificate says. Times need a zone and are cut to seconds."""

    serial: str
    plugin: PluginName
    artifact_name: str
    artifact_sha256: str
    resource_uri: str
    """The package URL of the version; the portal's address of it where it has none."""
    tier: Tier
    time_verified: datetime
    not_before: datetime
    not_after: datetime
    verifier_id: str
    verifier_version: Mapping[str, str]
    """Component -> version, of the portal and of each engine."""
    policy: Resource
    policy_version: str
    demo: bool
    log: LogPosition
    input_attestations: tuple[Resource, ...] = ()
    """All results the verdict rests on, by the digest of their stored form."""
    conditions: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    """Allowed capability ids."""
    hosts: tuple[str, ...] = ()
    """Allowed hosts."""
    advisory_feeds: tuple[FeedFacts, ...] = ()


def build_statement(facts: CertificateFacts) -> bytes:
    """Write the statement as canonical JSON. Raises ValueError where a fact is missing or has the wrong form."""
    _check(facts)
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": facts.artifact_name, "digest": {"sha256": facts.artifact_sha256}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": _predicate(facts),
        }
    )


def _predicate(facts: CertificateFacts) -> dict[str, object]:
    return {
        "verifier": {"id": facts.verifier_id, "version": dict(facts.verifier_version)},
        "timeVerified": stamp(facts.time_verified),
        "resourceUri": facts.resource_uri,
        "policy": _descriptor(facts.policy),
        "inputAttestations": [_descriptor(resource) for resource in facts.input_attestations],
        "verificationResult": PASSED,
        "verifiedLevels": [certified_level(facts.tier), SLSA_UNEVALUATED],
        "slsaVersion": SLSA_VERSION,
        EXTENSION: _extension(facts),
    }


def _extension(facts: CertificateFacts) -> dict[str, object]:
    plugin = facts.plugin
    return {
        "serial": facts.serial,
        "plugin": {"name": plugin.name, "version": plugin.version, "format": plugin.format},
        "tier": str(facts.tier),
        "notBefore": stamp(facts.not_before),
        "notAfter": stamp(facts.not_after),
        "conditions": list(facts.conditions),
        "capabilities": sorted(set(facts.capabilities)),
        "hosts": sorted(set(facts.hosts)),
        "policyVersion": facts.policy_version,
        "demo": facts.demo,
        "log": {"origin": facts.log.origin, "index": facts.log.index},
        "advisoryFeeds": [
            {"name": feed.name, "records": feed.records, "ageDays": feed.age_days, "demo": feed.demo}
            for feed in facts.advisory_feeds
        ],
    }


def _descriptor(resource: Resource) -> dict[str, object]:
    """Write an in-toto ResourceDescriptor."""
    named = {"name": resource.name} if resource.name else {}
    return {**named, "uri": resource.uri, "digest": {"sha256": resource.sha256}}


def _check(facts: CertificateFacts) -> None:
    """Refuse to write a statement that no reader would accept, naming the first fault."""
    resources = (facts.policy, *facts.input_attestations)
    rules: Iterable[tuple[bool, str]] = (
        (
            bool(facts.serial and facts.policy_version and facts.artifact_name),
            "serial, policy version or name is empty",
        ),
        (bool(facts.plugin.name and facts.plugin.version and facts.plugin.format), "the plugin's name is incomplete"),
        (bool(RESOURCE.fullmatch(facts.resource_uri)), "resource_uri is neither a package URL nor a web address"),
        (bool(DIGEST.fullmatch(facts.artifact_sha256)), "artifact_sha256 is not a SHA-256 in lower-case hexadecimal"),
        (all(DIGEST.fullmatch(resource.sha256) for resource in resources), "a resource has no proper SHA-256"),
        (all(URI.fullmatch(uri) for uri in (facts.verifier_id, *(r.uri for r in resources))), "a URI has a wrong form"),
        (bool(facts.log.origin) and facts.log.index >= 0, "the place in the log is incomplete"),
        (stamp(facts.not_before) < stamp(facts.not_after), "the certificate would end before it begins"),
        (all(facts.conditions) and all(facts.capabilities) and all(facts.hosts), "a listed text is empty"),
        (
            all(f.name and min(f.records, f.age_days) >= 0 for f in facts.advisory_feeds),
            "an advisory feed is incomplete",
        ),
    )
    for holds, fault in rules:
        if not holds:
            raise ValueError(f"cannot certify: {fault}")
