"""Is everything there that people need to judge and to keep a plugin: metadata, contacts, licence, promises, evidence?

Reads only what intake knows, needs no engine and cannot fail for want of one. Most of what it finds is for the owner
to add, and none of it is high: a package that contradicts its own packing list is the archive check's to report. That
there is no declaration at all is the declaration check's to say, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from governance.vocabulary import Severity
from plugins.checks import archive
from plugins.checks.base import CheckResult, Finding, Workspace, conclude
from plugins.checks.lookalikes import own_lookalike
from plugins.evidence_files import declaration_path, has_changelog, has_license_file, has_readme
from plugins.reported_tests import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Declaration, Package, Problem

PROBLEM_SEVERITIES = (
    ("coverage-contradicted", Severity.MEDIUM),
    ("coverage-report-absent", Severity.MEDIUM),
    ("declaration-*", Severity.MEDIUM),
    ("entry-point*", Severity.MEDIUM),
    ("identity-mismatch", Severity.MEDIUM),
    ("requirements-index", Severity.MEDIUM),
    ("swagger-plain-http", Severity.MEDIUM),
    ("tests-*", Severity.MEDIUM),
    ("*-unreadable", Severity.MEDIUM),
)
"""How bad a problem of intake is, by its rule; the first pattern that fits wins, and LOW is the rest."""

METADATA = (
    # field, rule, severity, title, remediation
    (
        "license",
        "license-missing",
        Severity.MEDIUM,
        "The manifest states no licence",
        "State an SPDX licence identifier.",
    ),
    ("contact", "contact-missing", Severity.MEDIUM, "The manifest names no contact", "Add an e-mail or issue tracker."),
    ("repository", "repository-missing", Severity.LOW, "The manifest names no source", "Add the repository's address."),
    (
        "description",
        "description-missing",
        Severity.LOW,
        "The manifest has no description",
        "Say what the plugin does.",
    ),
    ("author", "author-missing", Severity.LOW, "The manifest names no author", "Name the person or firm behind it."),
)
PROMISES = (
    # field, rule, severity, title, remediation
    ("support_until", "support-window-missing", Severity.LOW, "No support window is declared", "Set support.until."),
    (
        "support_contact",
        "support-contact-missing",
        Severity.LOW,
        "No support contact is declared",
        "Set support.contact.",
    ),
    ("failure_mode", "failure-mode-missing", Severity.LOW, "Behaviour on failure is not declared", "Set failure_mode."),
    ("rollback_version", "rollback-missing", Severity.LOW, "No rollback version is declared", "Set rollback_version."),
    ("test_evidence", "test-evidence-missing", Severity.LOW, "No test results are declared", "Set test_evidence."),
    (
        "test_command",
        "test-command-missing",
        Severity.INFO,
        "How to run the tests is not declared",
        "Set test_command.",
    ),
    ("scenarios", "scenarios-missing", Severity.INFO, "No scenario of use is declared", "Add scenarios."),
    ("test_coverage", "test-coverage-missing", Severity.INFO, "No test coverage is declared", "Set test_coverage."),
    ("update_cadence", "update-cadence-missing", Severity.INFO, "No update cadence is declared", "Set update_cadence."),
    ("load_evidence", "load-evidence-missing", Severity.INFO, "No load evidence is declared", "Set load_evidence."),
    (
        "coverage_report",
        "coverage-report-missing",
        Severity.INFO,
        "No coverage report is declared",
        "Set coverage_report.",
    ),
    (
        "reproducible_build",
        "reproducible-build-missing",
        Severity.INFO,
        "How to repeat the build is not declared",
        "Set reproducible_build.",
    ),
)
DOCUMENTS = 3
"""README, changelog, licence text."""


@dataclass(frozen=True, slots=True)
class CompletenessCheck:
    """Metadata, documents and promises. `today` is for tests; now in UTC by default."""

    today: date | None = None
    code: str = "completeness"
    version: str = "3"
    reads_files: bool = False

    def basis(self, workspace: Workspace) -> str | None:  # noqa: ARG002 - the protocol's signature
        """Promises run out by themselves, so it is asked each time."""
        return None

    def applies_to(self, package: Package) -> bool:  # noqa: ARG002 - the protocol's signature
        """There is always something that should be there."""
        return True

    def run(self, workspace: Workspace) -> CheckResult:
        """Look at every item once; `examined` counts them, problems of intake included."""
        package = workspace.package
        findings = [
            *(_problem(problem) for problem in package.problems if problem.rule != archive.MISMATCH),
            *_metadata(package),
            *_documents(package),
            *_entry_points(package),
            *_promises(package, self.today or datetime.now(tz=UTC).date()),
        ]
        examined = len(package.problems) + len(METADATA) + DOCUMENTS + len(package.entry_points)
        examined += len(PROMISES) if package.declaration else 0
        return conclude(
            code=self.code,
            findings=findings,
            fail_on=workspace.fail_on,
            reason=f"{examined} items looked at; {len(findings)} missing or faulty."
            if findings
            else f"All {examined} items are in order.",
            examined=examined,
            engine="plugwarden completeness",
            engine_version=self.version,
        )


def _finding(
    rule: str, severity: Severity, title: str, remediation: str, *, path: str = "", snippet: str = ""
) -> Finding:
    return Finding(
        check="completeness",
        rule=rule,
        severity=severity,
        title=title,
        path=path,
        snippet=snippet,
        remediation=remediation,
    )


def _problem(problem: Problem) -> Finding:
    severity = next((level for rule, level in PROBLEM_SEVERITIES if fnmatchcase(problem.rule, rule)), Severity.LOW)
    return Finding(
        check="completeness",
        rule=problem.rule,
        severity=severity,
        title=problem.message,
        path=problem.path,
        line=problem.line,
        symbol=problem.message,
        remediation="Correct this place in the file.",
    )


def _metadata(package: Package) -> Iterator[Finding]:
    for field, rule, severity, title, remediation in METADATA:
        if not getattr(package.metadata, field).strip():
            yield _finding(rule, severity, title, remediation, path=package.manifest_path)
    if target := own_lookalike(package):
        yield _finding(
            "name-lookalike",
            Severity.MEDIUM,
            f"The plugin's name looks like {target}",
            f"Rename it, unless it is by those who make {target}: then say so in the note to the reviewers.",
            path=package.manifest_path,
            snippet=package.metadata.name,
        )
    stated = package.metadata.license.strip()
    if stated and not _is_spdx(stated):
        yield _finding(
            "license-unknown",
            Severity.LOW,
            "The licence is no SPDX expression",
            "Write it as an SPDX expression, such as MIT or Apache-2.0 OR MIT.",
            path=package.manifest_path,
            snippet=stated,
        )


def _documents(package: Package) -> Iterator[Finding]:
    if not has_readme(package):
        yield _finding("readme-missing", Severity.LOW, "There is no README", "Add one, and see that it gets packed.")
    if not has_changelog(package):
        yield _finding("changelog-missing", Severity.INFO, "There is no changelog", "Add a CHANGELOG file.")
    if not has_license_file(package):
        yield _finding("license-text-missing", Severity.INFO, "There is no licence text", "Add a LICENSE file.")


def _entry_points(package: Package) -> Iterator[Finding]:
    if any(problem.rule == "entry-point-missing" for problem in package.problems):
        return  # the format's reader, who knows how its platform looks files up, has said so
    paths = {file.path for file in package.files}
    for path in package.entry_points:
        if path not in paths:
            yield _finding(
                "entry-point-missing",
                Severity.MEDIUM,
                "A file the manifest loads is not in the package",
                "Pack the file, or take it out of the manifest.",
                path=package.manifest_path,
                snippet=path,
            )


def _promises(package: Package, today: date) -> Iterator[Finding]:
    declaration = package.declaration
    if declaration is None:
        return
    declared_in = declaration_path(package)
    for field, rule, severity, title, remediation in PROMISES:
        if getattr(declaration, field) in ("", None, ()):
            yield _finding(rule, severity, title, remediation, path=declared_in)
    yield from _support_window(declaration, today, declared_in)
    if declaration.rollback_version and declaration.rollback_version == package.metadata.version:
        yield _finding(
            "rollback-same-version",
            Severity.MEDIUM,
            "The rollback version is this version",
            "Name the last good release before this one.",
            path=declared_in,
        )
    evidence = declaration.test_evidence
    if evidence and not is_address(evidence) and evidence not in {file.path for file in package.files}:
        yield _finding(
            "test-evidence-absent",
            Severity.MEDIUM,
            "The declared test results are not in the package",
            "Pack the file, or give its address.",
            path=declared_in,
            snippet=evidence,
        )


def _support_window(declaration: Declaration, today: date, declared_in: str) -> Iterator[Finding]:
    if not declaration.support_until:
        return
    try:
        over = date.fromisoformat(declaration.support_until) < today
    except ValueError:
        yield _finding(
            "support-window-unreadable",
            Severity.MEDIUM,
            "The support window is no date",
            "Write support.until as YYYY-MM-DD.",
            path=declared_in,
            snippet=declaration.support_until,
        )
        return
    if over:
        yield _finding(
            "support-window-over",
            Severity.MEDIUM,
            "The support window is over",
            "Set support.until to a date you will keep.",
            path=declared_in,
            snippet=declaration.support_until,
        )


def _is_spdx(text: str) -> bool:
    try:
        canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return False
    return True
