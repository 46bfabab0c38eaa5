"""Turn what is known of a version into the facts a policy speaks of: plain, JSON-ready, absent where not known.

The names are those of `governance.policies.catalogue`. Absence is the point: a check without a result gives its status
and reason and nothing else, so an expression that counts on its findings fails and its criterion is unanswered.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from governance.vocabulary import CheckStatus, Severity
from plugins.evidence_files import has_changelog, has_license_file, has_readme, has_tests
from plugins.origin import source_counts, verified_statement
from plugins.package import SHIPPED_SCOPES
from plugins.risk import answered, native_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugins.capabilities import Comparison
    from plugins.checks.base import CheckResult, FeedSnapshot, Finding
    from plugins.package import Declaration, Dependency, Package
    from plugins.reputation import Reputation
    from plugins.risk import RiskScore

PROVEN_FACTS = ("builder", "repository", "commit", "workflow", "signer")


def build_facts(
    package: Package,
    results: Sequence[CheckResult],
    risk: RiskScore,
    comparison: Comparison,
    *,
    feed: FeedSnapshot | None = None,
    reputation: Reputation | None = None,
    today: date | None = None,
) -> dict[str, Any]:
    """The facts of one version, for `governance.policies.evaluate`.

    Only checks that applied and looked give findings; what is waived is none. `today` is the day of the evaluation,
    now in UTC by default.
    """
    day = today or datetime.now(tz=UTC).date()
    facts: dict[str, Any] = {
        "today": day.isoformat(),
        "package": _package(package),
        "declaration": _declaration(package.declaration, day),
        "tests": _tests(package),
        "checks": {result.code: _check(result) for result in results},
        "capabilities": _capabilities(comparison),
        "egress": _egress(comparison),
        "env": _env(comparison),
        "dependencies": _dependencies(package, results, feed),
        "provenance": _provenance(results),
        "publisher": _publisher(reputation),
        "risk": {
            "score": risk.score,
            "tier": risk.tier.value,
            "floor": risk.floor or "",
            "factors": {factor.code: factor.points for factor in risk.factors},
        },
        "partial_findings": {
            result.code: [_finding(finding) for finding in result.counted]
            for result in results
            if result.counted and not answered(result)
        },
    }
    if all(answered(result) for result in results):
        facts["findings"] = [_finding(finding) for result in results for finding in result.counted]
    if feed is not None:
        facts["feed"] = {
            "names": list(feed.names),
            "records": feed.records,
            "age_days": int(feed.age_days),
            "demo": feed.demo,
        }
        for name, age in (
            ("known_exploited_age_days", feed.exploitation.known_age_days),
            ("epss_age_days", feed.exploitation.likely_age_days),
        ):
            if age is not None:
                facts["feed"][name] = int(age)
    return facts


def _package(package: Package) -> dict[str, Any]:
    data = package.metadata
    paths = {file.path for file in package.files}
    return {
        "format": package.format,
        "purl": package.purl,
        "name": data.name,
        "version": data.version,
        "description": data.description,
        "license": data.license,
        "author": data.author,
        "contact": data.contact,
        "homepage": data.homepage,
        "repository": data.repository,
        "keywords": list(data.keywords),
        "files": len(package.files),
        "code_files": len(package.code_files),
        "languages": sorted({file.language for file in package.code_files if file.language}),
        "entry_points": list(package.entry_points),
        "missing_entry_points": [path for path in package.entry_points if path not in paths],
        "has_readme": has_readme(package),
        "has_changelog": has_changelog(package),
        "has_tests": has_tests(package),
        "has_license_file": has_license_file(package),
        "install_hooks": [
            {"kind": hook.kind, "name": hook.name, "path": hook.path, "line": hook.line, "command": hook.command}
            for hook in package.install_hooks
        ],
        "native_files": [{"path": path, "line": 0} for path in native_files(package)],
        "problems": [problem.rule for problem in package.problems],
        "says": list(package.derived.says),
        "local_only": package.derived.local_only,
    }


def _declaration(declaration: Declaration | None, today: date) -> dict[str, Any]:
    if declaration is None:
        return {"present": False}
    facts: dict[str, Any] = {
        "present": True,
        "capabilities": sorted(item.value for item in declaration.capabilities),
        "egress": [
            {"host": entry.host, "port": entry.port, "purpose": entry.purpose, "data_classes": list(entry.data_classes)}
            for entry in declaration.egress
        ],
        "secrets": list(declaration.secrets),
        "env": list(declaration.env),
        "failure_modes": [{"cause": mode.cause, "behaviour": mode.behaviour} for mode in declaration.failure_modes],
        "scenarios": [
            {"name": one.name, "steps": list(one.steps), "expected": one.expected} for one in declaration.scenarios
        ],
        "data_flows": [
            {
                "category": flow.category,
                "purpose": flow.purpose,
                "lawful_basis": flow.lawful_basis,
                "retention": flow.retention,
                "recipients": list(flow.recipients),
            }
            for flow in declaration.data_flows
        ],
        **{
            name: getattr(declaration, name)
            for name in (
                "support_until",
                "support_contact",
                "update_cadence",
                "rollback_version",
                "failure_mode",
                "test_command",
                "test_evidence",
                "coverage_report",
                "load_evidence",
                "reproducible_build",
            )
        },
    }
    if declaration.test_coverage is not None:
        facts["test_coverage"] = float(declaration.test_coverage)
    if (left := days_left(declaration.support_until, today)) is not None:
        facts["support_days_left"] = left
    return facts


def _tests(package: Package) -> dict[str, Any]:
    """What the reports in the package say; absent where there is none that could be read."""
    facts: dict[str, Any] = {}
    if results := package.test_results:
        facts |= {"total": results.total, "failed": results.failed, "skipped": results.skipped}
    if package.coverage:
        facts["coverage"] = float(package.coverage.percent)
    return facts


def days_left(until: str, today: date) -> int | None:
    """Days from today to an ISO date, negative once it is past; None where it is no date."""
    try:
        return (date.fromisoformat(until) - today).days
    except ValueError:
        return None


def _check(result: CheckResult) -> dict[str, Any]:
    facts: dict[str, Any] = {"status": result.status.value, "reason": result.reason}
    if not answered(result):
        # A pass that looked at nothing is none, whatever its status says.
        return facts if result.status is not CheckStatus.PASSED else facts | {"status": CheckStatus.INCONCLUSIVE.value}
    counts = dict.fromkeys(map(str, Severity), 0)
    for finding in result.counted:
        counts[finding.severity.value] += 1
    return facts | {
        "examined": result.examined,
        "findings": [_finding(finding) for finding in result.counted],
        "findings_by_severity": counts,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "title": finding.title,
        "path": finding.path,
        "line": finding.line,
        "fingerprint": finding.fingerprint,
        "remediation": finding.remediation,
    }


def _capabilities(comparison: Comparison) -> dict[str, Any]:
    uses = comparison.capabilities
    facts = {
        "declared": [use.id.value for use in uses if use.declared],
        "derived": [use.id.value for use in uses if use.derived],
    }
    if not comparison.gaps:
        facts["static"] = [use.id.value for use in uses if use.static]
        facts["undeclared"] = [use.id.value for use in comparison.undeclared_capabilities]
        facts["unused"] = [use.id.value for use in comparison.unused_capabilities]
    if comparison.ran:
        facts["dynamic"] = [use.id.value for use in uses if use.dynamic]
    return facts


def _egress(comparison: Comparison) -> dict[str, Any]:
    uses = comparison.hosts
    facts: dict[str, Any] = {
        "declared": [use.host for use in uses if use.declared],
        "derived": [use.host for use in uses if use.derived],
    }
    if not comparison.gaps:
        undeclared = comparison.undeclared_hosts
        facts["static"] = [use.host for use in uses if use.static]
        facts["undeclared"] = [use.host for use in undeclared]
        facts["undeclared_places"] = [
            {"path": place.path, "line": place.line} for use in undeclared for place in use.places
        ]
        facts["unused"] = [use.host for use in comparison.unused_hosts]
    if comparison.ran:
        facts["dynamic"] = [use.host for use in uses if use.dynamic]
    return facts


def _env(comparison: Comparison) -> dict[str, Any]:
    if comparison.gaps:
        return {}
    return {
        "seen": [use.name for use in comparison.env if use.seen],
        "undeclared": [use.name for use in comparison.env if use.seen and not use.declared],
    }


def _dependencies(package: Package, results: Sequence[CheckResult], feed: FeedSnapshot | None) -> dict[str, Any]:
    shipped = [item for item in package.dependencies if item.scope in SHIPPED_SCOPES]
    facts: dict[str, Any] = {
        "total": len(shipped),
        "direct": sum(item.direct for item in shipped),
        "unpinned": [_unpinned(item) for item in shipped if item.pinned is None],
    }
    check = next((result for result in results if result.code == "dependencies"), None)
    if check is not None and answered(check):
        facts["vulnerable"] = [
            component.purl
            for component in check.components
            if any(
                advisory.match == "affected" and not check.excuses(component, advisory)
                for advisory in component.advisories
            )
        ]
        facts |= _exploited(check, feed)
    return facts


def _exploited(check: CheckResult, feed: FeedSnapshot | None) -> dict[str, Any]:
    """What is exploited of what reaches the platform; absent where nobody has told us what is."""
    affected = [
        (component, advisory)
        for component in check.components
        if component.shipped
        for advisory in component.advisories
        if advisory.match == "affected" and not check.excuses(component, advisory)
    ]
    facts: dict[str, Any] = {}
    if feed is not None and feed.exploitation.known_age_days is not None:
        facts["known_exploited"] = [
            {"purl": component.purl, "id": advisory.id, "since": advisory.exploited_since}
            for component, advisory in affected
            if advisory.exploited_since
        ]
    if feed is not None and feed.exploitation.likely_age_days is not None:
        facts["epss_max"] = float(max((advisory.epss or 0.0 for _, advisory in affected), default=0.0))
    return facts


def _publisher(reputation: Reputation | None) -> dict[str, Any]:
    return (
        {} if reputation is None else {name: value for name, value in asdict(reputation).items() if value is not None}
    )


def _provenance(results: Sequence[CheckResult]) -> dict[str, Any]:
    """Of what was verified alone; where the check broke, nothing."""
    check = next((result for result in results if result.code == "provenance"), None)
    if check is None or check.status is CheckStatus.ERRORED:
        return {}
    facts: dict[str, Any] = {"verified": False}
    if good := verified_statement(check):
        facts = {"verified": True, **{name: good[name] for name in PROVEN_FACTS}}
    if (counts := source_counts(check)) is not None:
        facts |= {"source_differs": counts["differs"], "source_lacks": counts["added_code"]}
    return facts


def _unpinned(item: Dependency) -> dict[str, Any]:
    return {"name": item.name, "path": item.path, "line": item.line}
