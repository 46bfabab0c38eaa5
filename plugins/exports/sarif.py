"""Findings as SARIF 2.1.0, for CI systems that show them beside the code.

Source of the format: OASIS Static Analysis Results Interchange Format 2.1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from governance.release import VERSION
from governance.vocabulary import CheckStatus, Severity, Verdict
from plugins.origin import is_proven
from plugins.rule_sets import rule_set_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.checks.base import CheckResult, Finding
    from plugins.vetting import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
SCORES = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""`security-severity`, as code hosts read it."""


def sarif_document(report: Report) -> dict[str, Any]:
    """One run with every finding; checks without a result are execution notifications, never silence."""
    findings = [found for result in report.results for found in result.findings]
    rules = {f"{found.check}/{found.rule}": found for found in findings}
    index = {rule: position for position, rule in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Plugwarden",
                        "version": VERSION,
                        "informationUri": "https://plugwarden.org",
                        "rules": [_rule(rule, found) for rule, found in rules.items()],
                    },
                    "extensions": list(_rule_sets(report.results)),
                },
                "invocations": [
                    {
                        "executionSuccessful": report.verdict is not Verdict.INCONCLUSIVE,
                        "toolExecutionNotifications": list(_notices(report.results)),
                    }
                ],
                "artifacts": [
                    {
                        "location": {"uri": _address(report.intake.filename)},
                        "hashes": {"sha-256": report.intake.unpacked.sha256},
                    }
                ],
                "results": [_result(found, index) for found in findings],
                "properties": {
                    "verdict": report.verdict.value,
                    "riskScore": report.risk.score,
                    "riskTier": report.risk.tier.value,
                    "originVerified": is_proven(report.results),
                },
            }
        ],
    }


def _rule_sets(results: Iterable[CheckResult]) -> Iterator[dict[str, Any]]:
    """The rule sets of others that checks judged by: what SARIF calls extensions of the tool."""
    for result in results:
        if rules := rule_set_of(result.evidence):
            yield {
                "name": rules.name,
                "version": rules.release,
                "properties": {"check": result.code, "digest": rules.digest, "ruleCount": rules.rules},
            }


def _rule(rule: str, found: Finding) -> dict[str, Any]:
    return {
        "id": rule,
        "shortDescription": {"text": found.title},
        "help": {"text": found.remediation or "See the detail of the finding."},
        "defaultConfiguration": {"level": LEVELS[found.severity]},
        "properties": {
            "security-severity": SCORES[found.severity],
            "tags": ["security", *([found.cwe] if found.cwe else [])],
        },
    }


def _result(found: Finding, index: dict[str, int]) -> dict[str, Any]:
    rule = f"{found.check}/{found.rule}"
    result: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": LEVELS[found.severity],
        "message": {"text": f"{found.title} {found.detail}".strip()},
        "partialFingerprints": {"plugwarden/v1": found.fingerprint},
    }
    if found.path:
        place: dict[str, Any] = {"artifactLocation": {"uri": _address(found.path)}}
        if found.line:
            place["region"] = {"startLine": found.line}
        result["locations"] = [{"physicalLocation": place}]
    return result


def _address(path: str) -> str:
    """A path as the relative URI reference that SARIF asks for."""
    return quote(path, safe="/@!$&'()*+,;=~", errors="replace")


def _notices(results: Iterable[CheckResult]) -> Iterable[dict[str, Any]]:
    for result in results:
        if result.status in {CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED}:
            yield {"level": "error", "message": {"text": f"{result.code}: {result.reason}"}}
