"""Credentials left in the package, found by kingfisher. No secret's value leaves this module."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets as randomness
import shutil
import stat
import string
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks import basis, kingfisher
from plugins.checks.base import CheckResult, Finding, conclude
from plugins.sandbox import SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from plugins.checks.base import Workspace
    from plugins.package import Package, SourceFile

SALT_FILE = "secret-salt"
SUFFIXES = {
    "javascript": ".js", "typescript": ".ts", "tsx": ".tsx", "python": ".py", "php": ".php", "csharp": ".cs",
    "shell": ".sh", "html": ".html",
}  # fmt: skip
DOCUMENTATION = (".md", ".markdown", ".rst", ".adoc")
"""There the engine's generic rules, which take any `user:password@host` for real, are silent; the exact ones speak."""
NESTED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".whl", ".jar", ".zst", ".rar")
ZIP_MAGIC = b"PK"
CANARIES = ("canary-first.txt", "canary-last.txt")
SHOWN, LONG_ENOUGH_TO_SHOW = 4, 12
REMEDIATION = (
    "Withdraw this credential at its issuer now: everyone who has the package has it. "
    "Then take it out of the code and read it from the platform's credential store."
)


@dataclass(frozen=True, slots=True)
class _View:
    """The files under neutral names, so that no path the engine's rules allow hides one; equal files once."""

    folder: Path
    places: dict[str, tuple[SourceFile, ...]]
    canaries: dict[str, str]


class SecretsCheck:
    """Looks for credentials in every file of the package."""

    code = "secrets"
    version = "1"
    reads_files = True

    def __init__(self, *, program: Path | None = None) -> None:
        self._program = program

    def basis(self, workspace: Workspace) -> str | None:
        """Our code, the engine, and the salt under which equal secrets are known again."""
        salt = hashlib.sha256(_salt(workspace.cache)).hexdigest()
        return basis.digest(basis.code(), basis.installed("kingfisher-bin"), salt)

    def applies_to(self, package: Package) -> bool:
        """Any file may hold a credential."""
        return bool(package.files)

    def run(self, workspace: Workspace) -> CheckResult:
        """Scan every file; inconclusive where the engine is missing, failed, or did not scan all of them."""
        try:
            with _view(workspace) as view:
                program = self._program or kingfisher.binary()
                result, report = kingfisher.scan(view.folder, program=program, rules=_warmed(workspace.cache))
        except (SandboxUnavailable, kingfisher.UnusableReport) as failure:
            return _inconclusive(workspace, str(failure))
        files = len(workspace.package.files)
        complete = report.scanned == len(view.places) + len(view.canaries)
        findings = _findings(report.leaks, view, _salt(workspace.cache))
        return conclude(
            code=self.code,
            findings=findings,
            fail_on=workspace.fail_on,
            reason=_reason(len(findings), files),
            gaps=_gaps(report, view),
            examined=files if complete else max(0, report.scanned - len(view.canaries)),
            engine="kingfisher",
            engine_version=report.version,
            evidence=_evidence(workspace.package, report, view),
            cpu_ms=round(result.cpu_seconds * 1000),
        )


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


@contextmanager
def _view(workspace: Workspace) -> Iterator[_View]:
    folder = workspace.scratch / SecretsCheck.code / "view"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    by_content: dict[str, list[SourceFile]] = {}
    for file in workspace.package.files:
        by_content.setdefault(file.sha256, []).append(file)
    try:
        places = {}
        for number, same in enumerate(by_content.values()):
            name = f"{number:06d}{_suffix(same)}"
            _place(workspace.root / same[0].path, folder / name)
            places[name] = tuple(same)
        yield _View(folder, places, _plant(folder))
    finally:
        shutil.rmtree(folder)


def _suffix(same: Sequence[SourceFile]) -> str:
    """What the engine may know of a file: its language, or that every copy of it is documentation."""
    if all(file.path.lower().endswith(DOCUMENTATION) for file in same):
        return ".md"
    return next((SUFFIXES[file.language] for file in same if file.language in SUFFIXES), ".txt")


def _place(source: Path, target: Path) -> None:
    """Show a file to the sandbox's user under another name; a copy where that needs another mode."""
    try:
        mode = source.lstat().st_mode
    except OSError:
        mode = 0
    if not stat.S_ISREG(mode):
        raise kingfisher.UnusableReport("A file of the package is not in the unpacked tree.")
    zipped = _starts_like_a_zip(source)
    if mode & stat.S_IROTH and not zipped:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            pass
        else:
            return
    if zipped:
        target.write_bytes(b" " + source.read_bytes())
    else:
        shutil.copyfile(source, target, follow_symlinks=False)
    target.chmod(0o644)


def _starts_like_a_zip(source: Path) -> bool:
    """The engine passes over whatever starts so; with a space in front it reads the bytes like any others."""
    with source.open("rb") as file:
        return file.read(2) == ZIP_MAGIC


def _plant(folder: Path) -> dict[str, str]:
    """Write fake tokens, new ones each time, that the scan must find: the proof that it looks and finds."""
    alphabet = string.ascii_letters + string.digits
    planted = {}
    for name in CANARIES:
        planted[name] = "ghp_" + "".join(randomness.choice(alphabet) for _ in range(36))
        (folder / name).write_text(f'token = "{planted[name]}"\n')
        (folder / name).chmod(0o644)
    return planted


def _warmed(cache: Path) -> Path | None:
    folder = kingfisher.cache_folder(cache)
    return folder if any(folder.glob("*.vscdb")) else None


def _salt(cache: Path) -> bytes:
    """The installation's salt, written by `warm`; a passing one where there is none."""
    try:
        return (cache / SALT_FILE).read_bytes()
    except FileNotFoundError:
        return randomness.token_bytes(32)


def _gaps(report: kingfisher.Report, view: _View) -> Iterator[str]:
    found = {(leak.path, leak.value) for leak in report.leaks}
    if any(canary not in found for canary in view.canaries.items()):
        yield "The secret scanner did not find the fake credentials put there to test it."
    given = len(view.places) + len(view.canaries)
    if report.scanned != given:
        yield f"The secret scanner looked at {report.scanned} of {given} files."


def _findings(leaks: Sequence[kingfisher.Leak], view: _View, salt: bytes) -> list[Finding]:
    found = (
        _finding(leak, file.path, salt)
        for leak in leaks
        if leak.path not in view.canaries
        for file in view.places.get(leak.path, ())
    )
    return sorted(found, key=lambda finding: (finding.path, finding.line, finding.rule, finding.symbol))


def _finding(leak: kingfisher.Leak, path: str, salt: bytes) -> Finding:
    value = leak.value.strip()
    last = f" ending in {value[-SHOWN:]}" if len(value) >= LONG_ENOUGH_TO_SHOW and value[-SHOWN:].isalnum() else ""
    return Finding(
        check=SecretsCheck.code,
        rule=leak.rule,
        severity=Severity.HIGH,
        title=f"Credential in the package: {leak.title}",
        path=path,
        line=leak.line,
        snippet=f"{leak.title}{last}",
        detail="Its value is not kept.",
        remediation=REMEDIATION,
        cwe="CWE-798",
        symbol=hmac.new(salt, value.encode(), hashlib.sha256).hexdigest(),
    )


def _evidence(package: Package, report: kingfisher.Report, view: _View) -> dict[str, object]:
    opened = {file.container for file in package.files}
    closed = [file.path for file in package.files if file.path.lower().endswith(NESTED) and file.path not in opened]
    return {
        "files": len(package.files),
        "different_files": len(view.places),
        "files_scanned": report.scanned,
        "fake_credentials_planted": len(view.canaries),
        "rules": report.rules,
        "nested_archives_not_opened": closed,
    }


def _reason(found: int, files: int) -> str:
    if found:
        return f"{files} files read; credentials found: {found}."
    return f"No credential was found in {files} files."
