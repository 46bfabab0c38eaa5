"""The archive itself: what the reader noted without refusing it, and whether the contents match their own list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.base import CheckResult, Finding, Workspace, conclude

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.archive import Unpacked
    from plugins.package import Package

MISMATCH = "wheel-record-mismatch"
"""Intake's problem of a wheel whose RECORD does not fit its files: integrity, not paperwork."""


class ArchiveCheck:
    """Turns the reader's notes into findings; the reader has refused the dangerous before any check runs."""

    code = "archive"
    version = "1"
    reads_files = False

    def basis(self, workspace: Workspace) -> str | None:  # noqa: ARG002 - the protocol's signature
        """It only repeats what intake noted, so there is nothing to keep."""
        return None

    def applies_to(self, package: Package) -> bool:  # noqa: ARG002 - there is always an archive
        """Every submission is an archive."""
        return True

    def run(self, workspace: Workspace) -> CheckResult:
        """Report entries read and oddities found; inconclusive where the reader's notes are missing."""
        unpacked = workspace.unpacked
        entries = unpacked.entries if unpacked else 0
        findings = [*_notes(unpacked), *_mismatches(workspace.package)]
        odd = f" {len(findings)} oddities were noted." if findings else ""
        return conclude(
            code=self.code,
            findings=findings,
            fail_on=workspace.fail_on,
            reason=f"{entries} entries read strictly.{odd}",
            examined=entries,
            engine="plugwarden archive reader",
            engine_version=self.version,
            evidence={"kind": unpacked.kind, "sha256": unpacked.sha256} if unpacked else {},
        )


def _notes(unpacked: Unpacked | None) -> Iterator[Finding]:
    for note in unpacked.notes if unpacked else ():
        yield Finding(
            check=ArchiveCheck.code,
            rule=note.rule,
            severity=note.severity,
            title=note.message,
            path=note.path,
            symbol=note.path,
            remediation="Leave this file out of the package, or explain to the reviewers why it is needed.",
        )


def _mismatches(package: Package) -> Iterator[Finding]:
    for problem in package.problems:
        if problem.rule == MISMATCH:
            yield Finding(
                check=ArchiveCheck.code,
                rule=problem.rule,
                severity=Severity.HIGH,
                title=problem.message,
                path=problem.path,
                line=problem.line,
                symbol=problem.path,
                remediation="Build the package again and hand in exactly what the build made.",
            )
