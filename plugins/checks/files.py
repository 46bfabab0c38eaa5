"""Files somebody has decided about, known by their SHA-256 wherever they ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import CheckStatus, Severity
from plugins.checks.base import CheckResult, Finding, conclude

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugins.checks.base import Workspace
    from plugins.past import Ruling

CODE = "files"
REMEDY = "Leave the file out, or ship another build of it; if the decision is wrong, ask the reviewers to revoke it."


class FilesCheck:
    """Compares the digests of the package's files, those in nested archives included, with the decisions."""

    code = CODE
    version = "1"

    def judge(self, workspace: Workspace, rulings: Mapping[str, Ruling]) -> CheckResult:
        """`rulings` by SHA-256 in hex. Allowed files are counted in the reason; what is found in them is waived."""
        if not rulings:
            return CheckResult(CODE, CheckStatus.NOT_APPLICABLE, "No file has been decided about.")
        files = workspace.package.files
        decided = [(file, rulings[file.sha256]) for file in files if file.sha256 in rulings]
        blocked = [
            Finding(
                check=CODE,
                rule="blocked-file",
                severity=Severity.CRITICAL,
                title="Ships a file that is blocked",
                path=file.path,
                detail=f"{ruling.name}: {ruling.reason} SHA-256 {file.sha256}.",
                remediation=REMEDY,
                symbol=file.sha256,
            )
            for file, ruling in decided
            if ruling.blocked
        ]
        allowed = len(decided) - len(blocked)
        return conclude(
            code=CODE,
            findings=blocked,
            fail_on=workspace.fail_on,
            reason=(
                f"{len(files)} files compared with {len(rulings)} decisions: "
                f"{len(blocked)} blocked, {allowed} allowed by name."
            ),
            examined=len(files),
            engine="plugwarden comparison",
            engine_version=self.version,
        )
