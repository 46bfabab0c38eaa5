"""Credentials left in the package, found by kingfisher and in settings files. No secret's value leaves this module.

Beside the files as they are, the engine gets what was unfolded from them: encoded, escaped, joined and folded text, and
the names of all files, in the same start. Where the value is found is said; the value itself is told to nobody but the
pipeline, which takes it out of what the other checks say (`Workspace.credentials`).
"""

from __future__ import annotations

import hashlib
import secrets as randomness
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.checks import basis, kingfisher
from plugins.checks.base import CheckResult, conclude
from plugins.checks.secrets_findings import CODE, NOT_OPENED, findings_of, not_opened
from plugins.checks.secrets_hits import hits_in, is_placeholder, is_planted
from plugins.checks.secrets_view import NAMES, View, view_of
from plugins.checks.static.report import named
from plugins.checks.unfolded import Unfolded, unfold
from plugins.sandbox import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plugins.checks.base import Workspace
    from plugins.checks.secrets_hits import Hit
    from plugins.package import Package
    from plugins.sandbox import SandboxResult

SALT_FILE = "secret-salt"
NESTED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".whl", ".jar", ".zst", ".rar")


class SecretsCheck:
    """Looks for credentials in every file of the package."""

    code = CODE
    version = "2"
    reads_files = True

    def __init__(self, *, program: Path | None = None) -> None:
        self._program = program

    def basis(self, workspace: Workspace) -> str | None:
        """Our code, the engines, and the salt under which equal secrets are known again."""
        salt = hashlib.sha256(_salt(workspace.cache)).hexdigest()
        return basis.digest(basis.code(), basis.installed("kingfisher-bin", "ast-grep-py"), salt)

    def applies_to(self, package: Package) -> bool:
        """Any file may hold a credential."""
        return bool(package.files)

    def run(self, workspace: Workspace) -> CheckResult:
        """Scan every file; inconclusive where an engine is missing, failed, or did not look at all of them."""
        try:
            scan = self._scan(workspace)
            if _not_found(scan.hits, scan.view):
                # Rarely a made-up credential is one the engine takes for none. New ones tell that from a blind engine.
                scan = self._scan(workspace)
        except (SandboxUnavailable, kingfisher.UnusableReport) as failure:
            return _inconclusive(workspace, str(failure))
        view, unfolded, result, report, hits = scan.view, scan.unfolded, scan.result, scan.report, scan.hits
        files = len(workspace.package.files)
        real = [hit for hit in hits if not is_placeholder(hit)]
        workspace.credentials.update(hit.value.strip() for hit in real if not is_planted(hit, view))
        findings = [*findings_of(real, view, _salt(workspace.cache)), *not_opened(unfolded, view)]
        return conclude(
            code=self.code,
            findings=findings,
            fail_on=workspace.fail_on,
            reason=_reason(sum(finding.rule != NOT_OPENED for finding in findings), files),
            gaps=_gaps(hits, report, unfolded, view),
            examined=files if report.scanned == view.given + len(unfolded.files) else 0,
            engine="kingfisher",
            engine_version=report.version,
            evidence=_evidence(workspace.package, report, unfolded, view, set(hits) - set(real)),
            cpu_ms=round((result.cpu_seconds + unfolded.cpu_seconds) * 1000),
        )

    def _scan(self, workspace: Workspace) -> _Scan:
        with view_of(workspace, SecretsCheck.code) as view:
            unfolded = unfold(view.folder, view.unfolded, view.questions(_opened(workspace.package)))
            result, report = kingfisher.scan(
                view.folder,
                program=self._program or kingfisher.binary(),
                rules=_warmed(workspace.cache),
                unfolded=view.unfolded,
            )
        return _Scan(view, unfolded, result, report, hits_in(report.leaks, unfolded, view))


@dataclass(frozen=True, slots=True)
class _Scan:
    """One look at all files, with credentials planted for it."""

    view: View
    unfolded: Unfolded
    result: SandboxResult
    report: kingfisher.Report
    hits: list[Hit]


def _inconclusive(workspace: Workspace, gap: str) -> CheckResult:
    return conclude(
        code=SecretsCheck.code,
        findings=(),
        fail_on=workspace.fail_on,
        reason="",
        gaps=[gap],
        examined=0,
        engine="kingfisher",
    )


def _warmed(cache: Path) -> Path | None:
    folder = kingfisher.cache_folder(cache)
    return folder if any(folder.glob("*.vscdb")) else None


def _salt(cache: Path) -> bytes:
    """The installation's salt, written by `warm`; a passing one where there is none."""
    try:
        return (cache / SALT_FILE).read_bytes()
    except FileNotFoundError:
        return randomness.token_bytes(32)


def _not_found(hits: Sequence[Hit], view: View) -> list[str]:
    """The kinds of input in which what was planted was not found."""
    found = {(hit.name, hit.value) for hit in hits}
    missing = [canary.kind for canary in view.canaries if (canary.name, canary.value) not in found]
    if not any(hit.name == NAMES and hit.line == len(view.names) and hit.value in view.names[-1] for hit in hits):
        missing.append("names of files")
    return missing


def _gaps(hits: Sequence[Hit], report: kingfisher.Report, unfolded: Unfolded, view: View) -> Iterator[str]:
    if missing := _not_found(hits, view):
        yield f"The secret scanner did not find the fake credentials put there to test it ({', '.join(missing)})."
    given = view.given + len(unfolded.files)
    if report.scanned != given:
        yield f"The secret scanner looked at {report.scanned} of {given} files."
    if unfolded.failed:
        paths = sorted(file.path for name in unfolded.failed for file in view.places.get(name, ()))
        yield f"Encoded and joined text could not be looked into in {len(paths)} files ({named(paths)})."


def _opened(package: Package) -> frozenset[str]:
    return frozenset(file.container for file in package.files)


def _evidence(
    package: Package, report: kingfisher.Report, unfolded: Unfolded, view: View, passed_over: set[Hit]
) -> dict[str, object]:
    opened = _opened(package)
    closed = [file.path for file in package.files if file.path.lower().endswith(NESTED) and file.path not in opened]
    return {
        "files": len(package.files),
        "different_files": len(view.places),
        "files_scanned": report.scanned,
        "files_unfolded": sum(name in view.places for name in unfolded.files.values()),
        "fake_credentials_planted": len(view.canaries) + 1,
        "rules": report.rules,
        "nested_archives_not_opened": closed,
        "placeholders_passed_over": [
            {"rule": hit.rule, "path": file.path, "line": hit.line}
            for hit in sorted(passed_over, key=lambda hit: (hit.name, hit.line))[:100]
            for file in view.places.get(hit.name, ())[:1]
        ],
    }


def _reason(found: int, files: int) -> str:
    if found:
        return f"{files} files read; credentials found: {found}."
    return f"No credential was found in {files} files."
