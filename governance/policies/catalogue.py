"""The facts a policy may speak of: their names, an example of each and what they mean.

`plugins.facts.build_facts` makes them; a test holds the two together. The examples serve twice: `docs/policy.md` shows
them, and every expression is tried on them when a policy is read, so that a wrong type or a misspelt name is refused
there and not on the first submission.

A fact is absent where it is not known, so an expression that asks for it is *unanswered*, never met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.vocabulary import CheckStatus, Severity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: dotted name, an example of its value, what it says and when it is absent (empty: never)."""

    name: str
    example: object
    text: str
    absent: str = ""


_HOOK = {"kind": "npm-script", "name": "preinstall", "path": "package.json", "line": 12, "command": "node setup.js"}
_FLOW = {
    "category": "contact data",
    "purpose": "create a contact",
    "lawful_basis": "contract",
    "retention": "not stored",
    "recipients": ["api.example.com"],
}
_HOST = {"host": "api.example.com", "port": 443, "purpose": "the service itself", "data_classes": ["contact data"]}
_PLACE = {"path": "dist/nodes/Acme.node.js", "line": 7}
_FINDING = {
    "check": "static",
    "rule": "js-eval",
    "severity": "high",
    "title": "Code made at run time",
    "path": "dist/nodes/Acme.node.js",
    "line": 7,
    "fingerprint": "0f3a",
    "remediation": "Use a fixed function.",
}
_FAILURE = {"cause": "the service does not answer", "behaviour": "stops with an error"}
_SCENARIO = {"name": "A form is sent", "steps": ["Run the workflow"], "expected": "a record"}
_NO_TESTS = "no JUnit file in the package could be read"
_NO_DECLARATION = "there is no declaration"
_NO_RESULT = "the check gave no result"
_NO_RECORD = "nobody keeps a record, as for `vet` on the command line"
_NO_EXPLOITS = "the check gave no result, or no list of known exploited vulnerabilities is imported"
_NO_COMPARISON = "the code could not be read whole"
_NOT_RUN = "the plugin was not run to the end"
_NOT_PROVEN = "nothing is verified"
_NO_SOURCE = "it was compared with no source archive"

FACTS: tuple[Fact, ...] = (
    Fact("today", "2026-11-23", "The day of the evaluation, ISO."),
    Fact("package.format", "n8n-node", "Format name."),
    Fact("package.name", "n8n-nodes-acme", "Name in the manifest."),
    Fact("package.version", "1.2.0", "Version in the manifest."),
    Fact("package.purl", "pkg:npm/n8n-nodes-acme@1.2.0", "Package URL."),
    Fact("package.description", "Talks to Acme", "Empty: not stated. So are the next five."),
    Fact("package.license", "MIT", "Licence expression as written."),
    Fact("package.author", "Acme", "Author."),
    Fact("package.contact", "security@example.com", "Address for problems."),
    Fact("package.homepage", "https://example.com", "Home page."),
    Fact("package.repository", "https://example.com/acme.git", "Source repository."),
    Fact("package.keywords", ["n8n-community-node-package"], "Keywords."),
    Fact("package.files", 14, "How many files."),
    Fact("package.code_files", 6, "How many of them are code."),
    Fact("package.languages", ["javascript"], "Languages of the code."),
    Fact("package.entry_points", ["dist/nodes/Acme.node.js"], "Files the platform loads."),
    Fact("package.missing_entry_points", ["dist/nodes/Old.node.js"], "Entry points that are not in the archive."),
    Fact("package.has_readme", example=True, text="Whether there is a README."),
    Fact("package.has_changelog", example=True, text="Whether there is a changelog."),
    Fact("package.has_tests", example=True, text="Whether there are test files."),
    Fact("package.has_license_file", example=True, text="Whether the licence text is in the archive."),
    Fact("package.install_hooks", [_HOOK], "Code that runs on installation."),
    Fact("package.native_files", [{"path": "build/acme.node", "line": 0}], "Compiled files."),
    Fact("package.problems", ["manifest-field"], "Rules of the manifest problems."),
    Fact("package.says", ["Adds pages below /plugins/acme/."], "What its manifest says about rights, in sentences."),
    Fact("package.local_only", "iot_class local_push", "By which it stays in the local network; empty: not stated."),
    Fact("declaration.present", example=True, text="Whether `plugin-governance.json` was handed in."),
    Fact("declaration.capabilities", ["network.outbound"], "Declared capability ids.", _NO_DECLARATION),
    Fact("declaration.egress", [_HOST], "Declared hosts.", _NO_DECLARATION),
    Fact("declaration.secrets", ["acmeApi"], "Declared secrets.", _NO_DECLARATION),
    Fact("declaration.env", ["ACME_TIMEOUT"], "Declared names of environment variables.", _NO_DECLARATION),
    Fact("declaration.data_flows", [_FLOW], "Declared data flows.", _NO_DECLARATION),
    Fact("declaration.support_until", "2027-12-31", "End of support, as written.", _NO_DECLARATION),
    Fact("declaration.support_days_left", 403, "Days to the end of support.", "no valid date is declared"),
    Fact("declaration.support_contact", "support@example.com", "Support contact.", _NO_DECLARATION),
    Fact("declaration.update_cadence", "monthly", "How often updates come.", _NO_DECLARATION),
    Fact("declaration.rollback_version", "1.1.4", "Version to go back to.", _NO_DECLARATION),
    Fact("declaration.failure_mode", "Stops the workflow with an error.", "Behaviour on failure.", _NO_DECLARATION),
    Fact("declaration.failure_modes", [_FAILURE], "The ways to fail, one by one.", _NO_DECLARATION),
    Fact("declaration.scenarios", [_SCENARIO], "Uses that work, as a reviewer can follow them.", _NO_DECLARATION),
    Fact("declaration.test_command", "node --test test/", "How to run the tests.", _NO_DECLARATION),
    Fact("declaration.coverage_report", "coverage/lcov.info", "Path of a coverage report.", _NO_DECLARATION),
    Fact("declaration.test_evidence", "reports/tests.xml", "Path or address of test results.", _NO_DECLARATION),
    Fact("declaration.test_coverage", 87.5, "Line coverage, a decimal number: 0.0 to 100.0.", "not declared"),
    Fact("declaration.load_evidence", "reports/load.md", "Load and stability evidence.", _NO_DECLARATION),
    Fact("declaration.reproducible_build", "npm ci && npm run build", "How to rebuild it.", _NO_DECLARATION),
    Fact("tests.total", 42, "Tests in the JUnit file that the declaration names.", _NO_TESTS),
    Fact("tests.failed", 0, "How many of them failed.", _NO_TESTS),
    Fact("tests.skipped", 1, "How many of them were skipped.", _NO_TESTS),
    Fact("tests.coverage", 86.9, "Line coverage as the report in the package says.", "no report could be read"),
    Fact("capabilities.declared", ["network.outbound"], "What the owner declares."),
    Fact("capabilities.derived", ["network.outbound"], "What the native manifest shows."),
    Fact("capabilities.static", ["network.outbound"], "What was seen in the code.", _NO_COMPARISON),
    Fact("capabilities.dynamic", ["network.outbound"], "What was seen when the plugin ran.", _NOT_RUN),
    Fact("capabilities.undeclared", ["env.read"], "Seen or shown, not declared.", _NO_COMPARISON),
    Fact("capabilities.unused", ["filesystem.read"], "Declared, never seen.", _NO_COMPARISON),
    Fact("egress.declared", ["api.example.com"], "Hosts the owner declares."),
    Fact("egress.derived", ["api.example.com"], "Hosts the native manifest names."),
    Fact("egress.static", ["api.example.com"], "Hosts seen in the code.", _NO_COMPARISON),
    Fact("egress.dynamic", ["api.example.com"], "Hosts it asked for when it ran.", _NOT_RUN),
    Fact("egress.undeclared", ["cdn.example.net"], "Seen or named, not declared.", _NO_COMPARISON),
    Fact("egress.undeclared_places", [_PLACE], "Where the undeclared hosts are.", _NO_COMPARISON),
    Fact("egress.unused", ["old.example.com"], "Declared, never seen.", _NO_COMPARISON),
    Fact("env.seen", ["ACME_TIMEOUT"], "Environment variables the code reads, as far as named.", _NO_COMPARISON),
    Fact("env.undeclared", ["HOME"], "Those of them that are not declared.", _NO_COMPARISON),
    Fact("dependencies.total", 3, "Dependencies that reach the platform: all but development ones."),
    Fact("dependencies.direct", 3, "How many of them the package names itself."),
    Fact(
        "dependencies.unpinned", [{"name": "axios", "path": "package.json", "line": 30}], "Without one exact version."
    ),
    Fact(
        "dependencies.vulnerable", ["pkg:npm/axios@0.21.0"], "With a known vulnerability in that version.", _NO_RESULT
    ),
    Fact(
        "dependencies.known_exploited",
        [{"purl": "pkg:npm/axios@0.21.0", "id": "GHSA-cph5-m8f7-6c5x", "since": "2026-03-02"}],
        "With a known exploited vulnerability in that version, where it reaches the platform.",
        _NO_EXPLOITS,
    ),
    Fact(
        "dependencies.epss_max",
        0.02,
        "The highest EPSS score of a vulnerability in such a version, 0.0 to 1.0; 0.0 also where there is none.",
        "the check gave no result, or no EPSS scores are imported",
    ),
    Fact("feed.names", ["OSV npm"], "Names of the advisory feeds.", "no feed is imported"),
    Fact("feed.records", 21000, "How many advisories they hold.", "no feed is imported"),
    Fact("feed.age_days", 2, "Whole days since the feed was made.", "no feed is imported"),
    Fact(
        "feed.known_exploited_age_days",
        1,
        "Whole days since the list of known exploited vulnerabilities was made.",
        "no such list is imported",
    ),
    Fact("feed.epss_age_days", 1, "Whole days since the EPSS scores were made.", "no EPSS scores are imported"),
    Fact("feed.demo", example=False, text="Whether it is the demo's starter feed.", absent="no feed is imported"),
    Fact("provenance.verified", example=True, text="Whether a statement about its origin is.", absent=_NO_RESULT),
    Fact("provenance.builder", "https://github.com/actions/runner/github-hosted", "Who built it.", _NOT_PROVEN),
    Fact("provenance.repository", "https://github.com/acme/nodes", "From which repository.", _NOT_PROVEN),
    Fact("provenance.commit", "5d2c8b1e" * 5, "From which commit; empty: not stated.", _NOT_PROVEN),
    Fact("provenance.workflow", ".github/workflows/release.yml", "By which workflow.", _NOT_PROVEN),
    Fact("provenance.signer", "https://github.com/acme/nodes/release.yml", "Who signed the statement.", _NOT_PROVEN),
    Fact("provenance.source_differs", 0, "Files that are other ones than in the source archive.", _NO_SOURCE),
    Fact("provenance.source_lacks", 0, "Files of code that the source archive does not hold.", _NO_SOURCE),
    Fact("publisher.certified", 3, "How many plugins of the owner team have been certified.", _NO_RECORD),
    Fact("publisher.incidents", 0, "Certificates of this plugin suspended or revoked within two years.", _NO_RECORD),
    Fact("publisher.team_incidents", 0, "The same of the team's other plugins.", _NO_RECORD),
    Fact("publisher.installations", 120, "On how many places it is installed.", "nobody has said"),
    Fact("findings", [_FINDING], "All findings of all checks.", "any check gave no result"),
    Fact("risk.score", 18, "Risk score, 0 to 100."),
    Fact("risk.tier", Tier.LOW.value, "Risk tier."),
    Fact("risk.floor", "", "Why the tier is higher than the score says; empty: it is not."),
    Fact("risk.factors", {"findings": 8}, "Points by factor."),
)

CHECK_FACTS: tuple[Fact, ...] = (
    Fact("status", CheckStatus.PASSED.value, "What the check concluded."),
    Fact("reason", "Nothing found.", "Its one sentence."),
    Fact("examined", 6, "How much it looked at.", _NO_RESULT),
    Fact("findings", [_FINDING], "Its findings.", _NO_RESULT),
    Fact("findings_by_severity", dict.fromkeys(map(str, Severity), 0), "Their number by severity.", _NO_RESULT),
)
"""The facts of one check, under `checks.<code>.`"""

ROOTS: frozenset[str] = frozenset({fact.name.partition(".")[0] for fact in FACTS} | {"checks"})


def example_facts(check_codes: Iterable[str]) -> dict[str, Any]:
    """Facts in which everything is known, for trying an expression; `check_codes` are the policy's checks."""
    facts: dict[str, Any] = {}
    for fact in FACTS:
        place, _, leaf = fact.name.rpartition(".")
        (facts.setdefault(place, {}) if place else facts)[leaf] = fact.example
    facts["checks"] = {code: {fact.name: fact.example for fact in CHECK_FACTS} for code in check_codes}
    return facts
