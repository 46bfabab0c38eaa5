"""A package and its dependencies as a CycloneDX 1.6 bill of materials, with what the advisories say of them.

Made from a vetting document, so that a stored run gives the same as `vet` does. What is not known is left out and said
to be unknown (`compositions`): the versions behind a range, and what a dependency needs that no lock file names.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus, ImpactAnalysisState
from cyclonedx.model.license import DisjunctiveLicense, LicenseAcknowledgement
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

from governance.policies.licences import LicenceRules
from governance.release import VERSION
from plugins.checks.licence_terms import judged
from plugins.exports.analysis import UNDECIDED, Standing, analysis, together
from plugins.exports.vetting_json import vetting_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cyclonedx.model.license import License

    from plugins.exports.analysis import Resolved
    from plugins.vetting import Report

NAMESPACE = uuid.UUID("9b1f0a52-6a0e-4f0e-9d5e-6c3f2b7c1d10")
"""Ours: makes the serial number a function of the artifact, so that the same bytes give the same document."""
SCOPES = {"dev": ComponentScope.EXCLUDED, "build": ComponentScope.EXCLUDED}
SCOPES |= {"optional": ComponentScope.OPTIONAL, "peer": ComponentScope.OPTIONAL}
DIGESTS = {"sha1": HashAlgorithm.SHA_1, "sha256": HashAlgorithm.SHA_256}
DIGESTS |= {"sha384": HashAlgorithm.SHA_384, "sha512": HashAlgorithm.SHA_512}
LENGTHS = {"sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}
_DIGEST = re.compile(r"(?P<kind>sha(?:1|256|384|512))(?P<joint>[-:])(?P<value>[A-Za-z0-9+/=]+)")


def cyclonedx_document(report: Report) -> dict[str, Any]:
    """The bill of materials of a report, JSON-ready."""
    return bill_of_materials(vetting_document(report))


def bill_of_materials(
    vetting: Mapping[str, Any],
    *,
    made_at: datetime | None = None,
    revision: int = 1,
    standings: Mapping[str, Standing] | None = None,
    resolved: Iterable[Resolved] = (),
) -> dict[str, Any]:
    """The bill of materials of a `plugwarden.vetting/v1` document, JSON-ready.

    `made_at` is when it was vetted, now by default; `revision` counts the vettings of these bytes. `standings` say by
    fingerprint where a finding stands, of which nothing is known otherwise; `resolved` are faults found before.
    """
    artifact = vetting["artifact"]
    bom = Bom(serial_number=uuid.uuid5(NAMESPACE, artifact["sha256"]), version=revision)
    if made_at:
        bom.metadata.timestamp = made_at
    root = Component(
        name=artifact["name"],
        version=artifact["version"],
        type=ComponentType.APPLICATION,
        bom_ref=artifact["purl"],
        purl=PackageURL.from_string(artifact["purl"]),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=artifact["sha256"])],
        licenses=_licenses((artifact.get("metadata") or {}).get("license", "")),
    )
    bom.metadata.component = root
    bom.metadata.tools.components.add(Component(name="plugwarden", version=VERSION, type=ComponentType.APPLICATION))
    rows = _unique(vetting["dependencies"])
    parts = {ref: _component(ref, row) for ref, row in rows.items() if ref != artifact["purl"]}
    bom.components.update(parts.values())
    for ref, row in rows.items():
        for advisory in row["advisories"]:
            standing = together((standings or {}).get(one, UNDECIDED) for one in advisory.get("findings") or [""])
            bom.vulnerabilities.add(_vulnerability(ref, row, advisory, standing))
    places = {(row["ecosystem"], row["name"]): (ref, row) for ref, row in rows.items()}
    for gone in resolved:
        place = places.get((gone.dependency["ecosystem"], gone.dependency["name"]))
        bom.vulnerabilities.add(_resolved(gone, place))
    by_name = {f"{row['name']}@{row['pinned']}": parts[ref] for ref, row in rows.items() if ref in parts}
    bom.register_dependency(root, [parts[ref] for ref, row in rows.items() if row["direct"] and ref in parts])
    known = [ref for ref, row in rows.items() if row.get("needs") and ref in parts]
    for ref in known:
        needed = [by_name[need] for need in rows[ref]["needs"] if need in by_name and by_name[need] is not parts[ref]]
        bom.register_dependency(parts[ref], needed)
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    if unknown := sorted(parts.keys() - set(known)):
        document["compositions"] = [{"aggregate": "unknown", "dependencies": unknown}]
    return document


def _unique(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each dependency once, by its reference; the row that reaches the platform before one that does not."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        ref = row["purl"] or f"{row['ecosystem']}:{row['name']}"
        if ref not in found or SCOPES.get(found[ref]["scope"]) is ComponentScope.EXCLUDED:
            found[ref] = row
    return found


def _component(ref: str, row: Mapping[str, Any]) -> Component:
    return Component(
        name=row["name"],
        version=row["pinned"],
        type=ComponentType.LIBRARY,
        bom_ref=ref,
        purl=PackageURL.from_string(row["purl"]) if row["purl"] else None,
        scope=SCOPES.get(row["scope"], ComponentScope.REQUIRED),
        hashes=_hashes(row.get("integrity") or ""),
        licenses=_licenses(row.get("license") or ""),
        properties=[
            Property(name="plugwarden:requirement", value=row["requirement"] or "any"),
            Property(name="plugwarden:scope", value=row["scope"]),
        ],
    )


def _licenses(text: str) -> list[License]:
    """The licence as an SPDX expression where it can be read as one, else under the name it is stated by."""
    text = text.strip()
    if not text:
        return []
    terms = judged(text, LicenceRules())
    if terms.opinion == "unknown":
        return [DisjunctiveLicense(name=text[:200], acknowledgement=LicenseAcknowledgement.DECLARED)]
    factory = LicenseFactory()
    return [factory.make_from_string(terms.expression, license_acknowledgement=LicenseAcknowledgement.DECLARED)]


def _hashes(integrity: str) -> list[HashType]:
    """The digests a lock file states, in hex; what is none is left out."""
    found = []
    for part in integrity.split():
        if not (match := _DIGEST.fullmatch(part)):
            continue
        value = match["value"].lower() if match["joint"] == ":" else _hex(match["value"])
        if len(value) == LENGTHS[match["kind"]] and re.fullmatch(r"[0-9a-f]+", value):
            found.append(HashType(alg=DIGESTS[match["kind"]], content=value))
    return found


def _hex(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""


def _resolved(one: Resolved, place: tuple[str, dict[str, Any]] | None) -> Vulnerability:
    """A fault found before; `place` is where its dependency stands now, None where it is gone."""
    was = f"{one.dependency['name']} {one.dependency['pinned'] or one.dependency['requirement'] or 'of any version'}"
    detail = f"An earlier vetting found it in {was}; the newest did not."
    standing = Standing(ImpactAnalysisState.RESOLVED, detail=detail)
    ref, row = place or ("", {})
    found = _vulnerability(ref, {"pinned": "", "requirement": "", **row}, {**one.advisory, "fixed": []}, standing)
    found.affects = found.affects if place else []
    return found


def _vulnerability(ref: str, row: Mapping[str, Any], advisory: Mapping[str, Any], standing: Standing) -> Vulnerability:
    status = ImpactAnalysisAffectedStatus.UNKNOWN
    if standing.state is ImpactAnalysisState.RESOLVED:
        status = ImpactAnalysisAffectedStatus.UNAFFECTED
    elif advisory["match"] == "affected":
        status = ImpactAnalysisAffectedStatus.AFFECTED
    more = {
        "plugwarden:known-exploited-since": advisory.get("exploited_since"),
        "plugwarden:epss": advisory.get("epss"),
    }
    fixed = advisory["fixed"]
    return Vulnerability(
        bom_ref=f"{advisory['id']}:{ref}",
        id=advisory["id"],
        source=VulnerabilitySource(name="OSV"),
        description=advisory["summary"],
        recommendation=f"Upgrade to {fixed[0]} or later." if fixed else None,
        ratings=[VulnerabilityRating(severity=VulnerabilitySeverity(advisory["severity"]))],
        analysis=analysis(standing),
        references=[
            VulnerabilityReference(id=alias, source=VulnerabilitySource(name="OSV")) for alias in advisory["aliases"]
        ],
        properties=[Property(name=name, value=str(value)) for name, value in more.items() if value],
        affects=[
            BomTarget(
                ref=ref,
                versions=[
                    BomTargetVersionRange(
                        version=row["pinned"] or row["requirement"] or "*",
                        status=status,
                    )
                ],
            )
        ],
    )
