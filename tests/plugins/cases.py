"""Packages and results for tests of the pure rooms: one that is clean, and ways to spoil it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from governance.vocabulary import Capability, CheckStatus, Severity
from plugins.capabilities import compare_results
from plugins.changes import Changes
from plugins.checks.base import CheckResult, Exploitation, FeedSnapshot, Finding, Observation, Workspace, fingerprinted
from plugins.checks.changes import ChangesCheck
from plugins.checks.completeness import CompletenessCheck
from plugins.checks.declaration import DeclarationCheck
from plugins.facts import build_facts
from plugins.package import (
    Coverage,
    DataFlow,
    Declaration,
    Dependency,
    Derived,
    EgressHost,
    FailureMode,
    InstallHook,
    Metadata,
    Package,
    Scenario,
    SourceFile,
    TestResults,
)
from plugins.reputation import Reputation
from plugins.risk import score

TODAY = date(2026, 11, 23)
HOST = "api.acme.example"
NODE = "dist/nodes/Acme.node.js"
CHECKS = ("archive", "static", "secrets", "dependencies", "licences", "malware", "detection", "behaviour", "provenance")
SOURCE = {"counts": {"identical": 7, "differs": 0, "packed": 0, "built": 0, "added": 0, "added_code": 0}}
PROVEN = {
    "document": "npm.json",
    "verified": True,
    "about": True,
    "builder": "https://git.acme.example/runner",
    "repository": "https://git.acme.example/acme",
    "commit": "a" * 40,
    "workflow": "release.yml",
    "signer": "https://git.acme.example/acme/release.yml",
}
HOOK = InstallHook("npm-script", "preinstall", "package.json", 12, "node setup.js")
EXPLOITATION = Exploitation(known_age_days=1.2, likely_age_days=0.4)
KNOWN = Reputation(certified=2, incidents=0, team_incidents=0, installations=3)
FEED = FeedSnapshot(
    names=("OSV npm",), records=21000, age_days=2.4, demo=False, advisories=(), exploitation=EXPLOITATION
)


def declaration(**changes):
    """A full declaration of the clean package."""
    return replace(
        Declaration(
            capabilities=frozenset({Capability.NETWORK_OUTBOUND}),
            egress=(EgressHost(HOST, 443, "the service", ("place names",)),),
            secrets=("acmeApi",),
            data_flows=(DataFlow("place names", "forecast", "contract", "not stored", ("Acme",)),),
            support_until="2028-12-31",
            support_contact="support@acme.example",
            update_cadence="quarterly",
            rollback_version="1.3.2",
            failure_mode="The item fails with a clear message after 10 seconds.",
            failure_modes=(FailureMode("no answer", "The item fails."),),
            scenarios=(Scenario("Forecast", ("Run it",), "An item"),),
            test_command="node --test",
            test_evidence="test-results/junit.xml",
            coverage_report="test-results/lcov.info",
            test_coverage=91.0,
            load_evidence="test-results/load.md",
            reproducible_build="npm ci && npm run build",
        ),
        **changes,
    )


def source(path, language=None):
    return SourceFile(path, 100, "0" * 64, language)


def package(**changes):
    """A clean n8n package."""
    return replace(
        Package(
            format="n8n-node",
            metadata=Metadata(
                name="n8n-nodes-acme",
                version="1.4.0",
                description="Talks to Acme",
                license="MIT",
                author="Acme",
                contact="security@acme.example",
                repository="https://git.acme.example/acme",
            ),
            purl="pkg:npm/n8n-nodes-acme@1.4.0",
            files=(
                source("CHANGELOG.md"),
                source("LICENSE"),
                source("README.md"),
                source(NODE, "javascript"),
                source("package.json"),
                source("plugin-governance.json"),
                source("test-results/junit.xml"),
            ),
            manifest_path="package.json",
            entry_points=(NODE,),
            dependencies=(Dependency("npm", "n8n-workflow", "*", "peer", "package.json", 20),),
            declaration=declaration(),
            derived=Derived(frozenset({Capability.NETWORK_OUTBOUND})),
            test_results=TestResults("test-results/junit.xml", 9, 0, 0),
            coverage=Coverage("test-results/lcov.info", 100, 91),
        ),
        **changes,
    )


def finding(check="static", rule="js-weak-hash", severity=Severity.HIGH, **more):
    return Finding(check=check, rule=rule, severity=severity, title="A weak hash", **{"path": NODE, "line": 7, **more})


def seen(kind, value, path=NODE, line=3, **more):
    return Observation(kind, value, path, line, **more)


OBSERVED = (seen("capability", "network.outbound"), seen("host", HOST))


def result(code, status=CheckStatus.PASSED, findings=(), **more):
    """A result as a check gives it; findings at or above high make a pass a failure."""
    found = fingerprinted(findings)
    if status is CheckStatus.PASSED and any(item.severity.at_least(Severity.HIGH) for item in found):
        status = CheckStatus.FAILED
    return CheckResult(code=code, status=status, findings=found, **{"reason": "Looked.", "examined": 6, **more})


def workspace(of, fail_on=Severity.HIGH):
    here = Path("/nowhere")
    return Workspace(package=of, artifact=here, root=here, scratch=here, cache=here, fail_on=fail_on)


def clean_results():
    """Results of the checks with an engine, for the clean package."""
    more = {
        "static": {"observations": OBSERVED},
        "provenance": {"evidence": {"verified": True, "statements": [PROVEN], "source": SOURCE}},
    }
    return [result(code, **more.get(code, {})) for code in CHECKS]


def with_result(results, new):
    """The results with one of them replaced."""
    return [new if item.code == new.code else item for item in results]


def vetted(of, results, weights, feed=FEED):
    """What the pipeline does with results: the two pure checks, comparison, score and facts."""
    comparison = compare_results(of, results)
    space = workspace(of)
    everything = [
        *results,
        CompletenessCheck(today=TODAY).run(space),
        DeclarationCheck().compare(space, comparison),
    ]
    risk = score(package=of, results=everything, comparison=comparison, weights=weights, reputation=KNOWN)
    everything.append(ChangesCheck().judge(space, Changes()))
    return risk, build_facts(of, everything, risk, comparison, feed=feed, reputation=KNOWN, today=TODAY)
