"""A vetting report as `plugwarden.vetting/v1`; the schema is docs/schemas/vetting.v1.schema.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from plugins.capabilities import MAX_PLACES
from plugins.changes.picture import contents_of
from plugins.checks.base import MENTIONED
from plugins.checks.changes import title
from plugins.checks.registry import VERSIONS
from plugins.counterfactual import counterfactual
from plugins.origin import origin_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugins.capabilities import CapabilityUse, EnvUse, HostUse, Place
    from plugins.changes import Changes
    from plugins.checks.base import CheckResult, ComponentResult, FeedSnapshot, Finding, Observation
    from plugins.package import Package
    from plugins.past import Known
    from plugins.vetting import Report

SCHEMA = "plugwarden.vetting/v1"
TOLD_APART = frozenset({"statements", "source"})
"""Evidence of the provenance check that has its own place in the document."""


def vetting_document(report: Report) -> dict[str, Any]:
    """The whole report, JSON-ready. Text in it comes from strangers: escape it wherever it is shown."""
    return {
        "schema": SCHEMA,
        "artifact": artifact(report),
        "verdict": report.verdict.value,
        "reason": report.reason,
        "fail_on": report.fail_on.value,
        "policy": {"version": report.policy.version, "digest": report.policy.digest},
        "feed": feed(report.feed),
        "risk": risk(report),
        "checks": [check(result) for result in report.results],
        "findings": [finding(found) for result in report.results for found in result.findings],
        "monitored": [finding(found) for result in report.results for found in result.monitored],
        "fixed": [gone(known) for known in report.fixed],
        "capabilities": [capability(use) for use in report.comparison.capabilities],
        "egress": [host(use) for use in report.comparison.hosts],
        "mentioned": mentioned(report),
        "env": [variable(use) for use in report.comparison.env],
        "manifest": manifest(report.intake.package),
        "tests": tests(report.intake.package),
        "dependencies": [
            dependency(part, by_symbol)
            for result in report.results
            for by_symbol in [fingerprints(result)]
            for part in result.components
        ],
        "criteria": criteria(report),
        "declaration": declaration(report.intake.package),
        "contents": contents_of(report.intake.package),
        "changes": changes(report.changes),
        "provenance": origin_document(report.results),
    }


def error_document(code: str, message: str) -> dict[str, Any]:
    """What `vet --format json` prints for bad input."""
    return {"schema": SCHEMA, "error": {"code": code, "message": message}}


def artifact(report: Report) -> dict[str, Any]:
    """Identity of the artifact and of the package in it."""
    package, unpacked = report.intake.package, report.intake.unpacked
    return {
        "filename": report.intake.filename,
        "sha256": unpacked.sha256,
        "size": unpacked.size,
        "format": package.format,
        "name": package.metadata.name,
        "version": package.metadata.version,
        "purl": package.purl,
        "files": len(package.files),
        "code_files": len(package.code_files),
        "metadata": {**asdict(package.metadata), "keywords": list(package.metadata.keywords)},
    }


def feed(snapshot: FeedSnapshot | None) -> dict[str, Any] | None:
    """The advisory feeds that were asked, or None where none is imported."""
    if snapshot is None:
        return None
    return {
        "names": list(snapshot.names),
        "records": snapshot.records,
        "age_days": round(snapshot.age_days, 1),
        "demo": snapshot.demo,
        "known_exploited_age_days": _rounded(snapshot.exploitation.known_age_days),
        "epss_age_days": _rounded(snapshot.exploitation.likely_age_days),
    }


def _rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def risk(report: Report) -> dict[str, Any]:
    """Score, tier and the factors they come from."""
    score = report.risk
    return {
        "score": score.score,
        "tier": score.tier.value,
        "weights_version": score.weights_version,
        "floor": score.floor,
        "factors": [
            {"code": factor.code, "points": factor.points, "cap": factor.cap, "reason": factor.reason}
            for factor in score.factors
        ],
        "counterfactual": counterfactual(score, report.policy.risk).text,
    }


def check(result: CheckResult) -> dict[str, Any]:
    """One check's conclusion; `findings` is their number."""
    return {
        "code": result.code,
        "version": VERSIONS[result.code],
        "status": result.status.value,
        "engine": result.engine,
        "engine_version": result.engine_version,
        "examined": result.examined,
        "duration_ms": result.duration_ms,
        "findings": len(result.findings),
        "reason": result.reason,
        "evidence": {name: value for name, value in result.evidence.items() if name not in TOLD_APART},
    }


def finding(found: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "check": found.check,
        "rule": found.rule,
        "severity": found.severity.value,
        "title": found.title,
        "path": found.path,
        "line": found.line,
        "snippet": found.snippet,
        "detail": found.detail,
        "cwe": found.cwe,
        "fingerprint": found.fingerprint,
        "state": found.state.value if found.state else None,
        "waiver": asdict(found.waiver) if found.waiver else None,
        "remediation": found.remediation,
    }


def gone(known: Known) -> dict[str, Any]:
    """One finding of the runs before that is not there any more."""
    return {
        "check": known.check,
        "rule": known.rule,
        "title": known.title,
        "path": known.path,
        "fingerprint": known.fingerprint,
    }


def places(seen: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Places as path and line."""
    return [{"path": place.path, "line": place.line} for place in seen]


def capability(use: CapabilityUse) -> dict[str, Any]:
    """One capability: declared, derived from the manifest, seen in the code, seen when run."""
    return {
        "id": use.id.value,
        "declared": use.declared,
        "derived": use.derived,
        "static": use.static,
        "dynamic": use.dynamic,
        "undeclared": use.undeclared,
        "evidence": places(use.places),
        "total": use.total,
    }


def host(use: HostUse) -> dict[str, Any]:
    """One egress host, likewise."""
    return {
        "host": use.host,
        "port": use.port or None,
        "declared": use.declared,
        "derived": use.derived,
        "static": use.static,
        "dynamic": use.dynamic,
        "undeclared": use.undeclared,
        "evidence": places(use.places),
        "total": use.total,
    }


def mentioned(report: Report) -> list[dict[str, Any]]:
    """Hosts that are only told to people: in comments, links, sentences, the manual; none that is egress."""
    used = {use.host for use in report.comparison.hosts}
    seen: dict[str, list[Observation]] = {}
    for result in report.results:
        for entry in result.observations:
            if entry.kind == MENTIONED and entry.value not in used:
                seen.setdefault(entry.value, []).append(entry)
    return [
        {
            "host": name,
            "evidence": [{"path": one.path, "line": one.line} for one in entries[:MAX_PLACES]],
            "total": len(entries),
        }
        for name, entries in sorted(seen.items())
    ]


def variable(use: EnvUse) -> dict[str, Any]:
    """One environment variable: declared, and read by the code."""
    return {"name": use.name, "declared": use.declared, "static": use.seen, "evidence": places(use.places)}


def manifest(package: Package) -> dict[str, Any]:
    """What the native manifest says beside capabilities and hosts."""
    said = package.derived
    return {"says": list(said.says), "secrets": list(said.secrets), "local_only": said.local_only}


def tests(package: Package) -> dict[str, Any]:
    """What the reports in the package say; null where there is none that could be read."""
    results, coverage = package.test_results, package.coverage
    return {
        "results": results
        and {"path": results.path, "total": results.total, "failed": results.failed, "skipped": results.skipped},
        "coverage": coverage
        and {
            "path": coverage.path,
            "lines": coverage.lines,
            "covered": coverage.covered,
            "percent": coverage.percent,
        },
    }


def fingerprints(result: CheckResult) -> dict[str, list[str]]:
    """The fingerprints of a check's findings, by what they are about: of an advisory `ecosystem:name:advisory`."""
    found: dict[str, list[str]] = {}
    for one in result.findings if result.components else ():
        found.setdefault(one.symbol, []).append(one.fingerprint)
    return found


def dependency(part: ComponentResult, by_symbol: Mapping[str, list[str]]) -> dict[str, Any]:
    """One dependency with the advisories that concern it, and the findings made of them."""
    return {
        "purl": part.purl,
        "ecosystem": part.ecosystem,
        "name": part.name,
        "requirement": part.requirement,
        "direct": part.direct,
        "pinned": part.pinned,
        "scope": part.scope,
        **({"license": part.license} if part.license else {}),
        **({"integrity": part.integrity} if part.integrity else {}),
        **({"needs": list(part.needs)} if part.needs else {}),
        "advisories": [
            {
                "id": advisory.id,
                "aliases": list(advisory.aliases),
                "severity": advisory.severity.value,
                "summary": advisory.summary,
                "fixed": list(advisory.fixed),
                "match": advisory.match,
                "exploited_since": advisory.exploited_since or None,
                "epss": advisory.epss,
                "percentile": advisory.percentile,
                "findings": by_symbol.get(f"{part.ecosystem}:{part.name}:{advisory.id}", []),
            }
            for advisory in part.advisories
        ],
    }


def changes(found: Changes) -> dict[str, Any] | None:
    """What differs from the last certified version; None for a first version."""
    if found.before is None:
        return None
    return {
        "before": {"version": found.before.version, "sha256": found.before.sha256, "tier": found.before.tier.value},
        "complete": not found.gaps,
        "gaps": list(found.gaps),
        "relevant": len(found.relevant),
        "changes": [
            {
                "kind": change.kind,
                "what": change.what,
                "name": change.name,
                "source": change.source,
                "severity": change.severity.value,
                "title": title(change),
                "before": change.before,
                "after": change.after,
                "advisories": list(change.advisories),
            }
            for change in found.changes
        ],
        "unchanged": dict(found.unchanged or {}),
        "files": {
            **(found.file_counts or {}),
            "listed": [{"path": file.path, "what": file.what, "size": file.size} for file in found.files],
        },
        "new_findings": sorted(found.new_findings),
    }


def criteria(report: Report) -> list[dict[str, Any]]:
    """Every criterion of the policy with its outcome."""
    rows = []
    for outcome in report.criteria:
        rule = report.policy.criterion(outcome.code)
        rows.append(
            {
                "code": rule.code,
                "title": rule.title,
                "category": rule.category,
                "kind": rule.kind,
                "blocking": rule.blocking,
                "in_verdict": rule.counts_in_vet,
                "outcome": outcome.outcome.value,
                "explanation": outcome.explanation,
                "remediation": rule.remediation,
                "deadline_days": rule.deadline_days,
                "evidence": [asdict(place) for place in outcome.evidence],
            }
        )
    return rows


def declaration(package: Package) -> dict[str, object] | None:
    """The declaration as it was handed in."""
    return dict(package.declaration.raw) if package.declaration else None
