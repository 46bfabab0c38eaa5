"""The dependencies of a package as a CycloneDX 1.6 bill of materials with what the advisories say of them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus
from cyclonedx.model.vulnerability import (
    BomTarget,
    BomTargetVersionRange,
    Vulnerability,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from governance.release import VERSION

if TYPE_CHECKING:
    from plugins.checks.base import ComponentResult, MatchedAdvisory
    from plugins.vetting import Report

NAMESPACE = uuid.UUID("9b1f0a52-6a0e-4f0e-9d5e-6c3f2b7c1d10")
"""Ours: makes the serial number a function of the artifact, so that the same bytes give the same document."""
SCOPES = {"runtime": ComponentScope.REQUIRED, "bundled": ComponentScope.REQUIRED, "optional": ComponentScope.OPTIONAL}


def cyclonedx_document(report: Report) -> dict[str, Any]:
    """A CycloneDX 1.6 document, JSON-ready."""
    unpacked, package = report.intake.unpacked, report.intake.package
    bom = Bom(serial_number=uuid.uuid5(NAMESPACE, unpacked.sha256))
    root = Component(
        name=package.metadata.name,
        version=package.metadata.version,
        type=ComponentType.APPLICATION,
        bom_ref=package.purl,
        purl=PackageURL.from_string(package.purl),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=unpacked.sha256)],
    )
    bom.metadata.component = root
    bom.metadata.tools.components.add(Component(name="plugwarden", version=VERSION, type=ComponentType.APPLICATION))
    parts = {}
    for part in (part for result in report.results for part in result.components):
        if part.purl not in parts:
            parts[part.purl] = _component(part)
            bom.components.add(parts[part.purl])
        for advisory in part.advisories:
            bom.vulnerabilities.add(_vulnerability(part, advisory))
    bom.register_dependency(root, parts.values())
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    return document


def _component(part: ComponentResult) -> Component:
    return Component(
        name=part.name,
        version=part.pinned,
        type=ComponentType.LIBRARY,
        bom_ref=part.purl,
        purl=PackageURL.from_string(part.purl),
        scope=SCOPES.get(part.scope, ComponentScope.EXCLUDED),
        properties=[Property(name="plugwarden:requirement", value=part.requirement or "any")],
    )


def _vulnerability(part: ComponentResult, advisory: MatchedAdvisory) -> Vulnerability:
    certain = advisory.match == "affected"
    return Vulnerability(
        bom_ref=f"{advisory.id}:{part.purl}",
        id=advisory.id,
        source=VulnerabilitySource(name="OSV"),
        description=advisory.summary,
        ratings=[VulnerabilityRating(severity=VulnerabilitySeverity(advisory.severity.value))],
        references=[
            VulnerabilityReference(id=alias, source=VulnerabilitySource(name="OSV")) for alias in advisory.aliases
        ],
        affects=[
            BomTarget(
                ref=part.purl,
                versions=[
                    BomTargetVersionRange(
                        version=part.pinned or part.requirement or "*",
                        status=ImpactAnalysisAffectedStatus.AFFECTED
                        if certain
                        else ImpactAnalysisAffectedStatus.UNKNOWN,
                    )
                ],
            )
        ],
    )
