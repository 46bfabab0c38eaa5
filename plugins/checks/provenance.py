"""Where does the artifact come from? Attestations handed in beside it are verified, its files compared with its source.

Passed means one thing: a statement about this very artifact, by somebody the operator trusts for its repository, was
verified. No statement: there is nothing to look at, and a finding says so. Statements that cannot be verified count as
absent too; then the check is inconclusive, with the reason of each.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from governance.vocabulary import CheckStatus, Severity
from plugins.archive import ArchiveRefused, unpack
from plugins.checks import basis
from plugins.checks.base import CheckResult, Finding, Workspace, fingerprinted
from plugins.checks.source_findings import source_findings, source_record
from plugins.provenance.sources import compare_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.package import Package
    from plugins.provenance.evidence import OriginEvidence
    from plugins.provenance.judge import Judged
    from plugins.provenance.sources import SourceComparison

ABSENT = "provenance-absent"
UNVERIFIED = "provenance-unverified"
MISMATCH = "provenance-mismatch"
NONE_GIVEN = "No statement about its origin was handed in."
REMEDY = "Publish from a build service that signs provenance, and hand the statement in with the package."
REMEDY_MISMATCH = "Hand in the statement that belongs to exactly this file, or build and publish the package again."


@dataclass(frozen=True, slots=True)
class ProvenanceCheck:
    """Verified origin, and the files against a source archive."""

    code: str = "provenance"
    version: str = "1"
    reads_files: bool = True

    def basis(self, workspace: Workspace) -> str | None:
        """Our code, what was handed in, and who is trusted."""
        origin = workspace.origin
        source = origin.source.sha256 if origin.source else ""
        return basis.digest(basis.code(), origin.trust.digest, source, *(file.sha256 for file in origin.files))

    def applies_to(self, package: Package) -> bool:  # noqa: ARG002 - every package comes from somewhere
        """Always: that nothing is said about the origin is something to say."""
        return True

    def run(self, workspace: Workspace) -> CheckResult:
        """Judge every statement, compare every file."""
        origin = workspace.origin
        statements = _judged(workspace, origin)
        compared, gap = _compared(workspace, origin)
        good = next((one for one in statements if one.verified), None)
        findings = [
            *_statement_findings(statements, good),
            *(source_findings(workspace.package, compared) if compared else ()),
        ]
        status = _status(statements, findings, workspace, compared=compared is not None, gap=gap)
        return CheckResult(
            code=self.code,
            status=status,
            reason=_reason(statements, good, compared, gap),
            engine="plugwarden provenance",
            engine_version=self.version,
            examined=len(statements) + (len(compared.files) if compared else 0),
            findings=fingerprinted(findings),
            evidence=_evidence(workspace, statements, good, compared, gap),
        )


def _judged(workspace: Workspace, origin: OriginEvidence) -> tuple[Judged, ...]:
    if not origin.files:
        return ()
    from plugins.provenance.judge import Artifact, judge  # noqa: PLC0415 - start-up time: it loads `cryptography`

    with workspace.artifact.open("rb") as file:
        sha512 = hashlib.file_digest(file, "sha512").hexdigest()
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    package = workspace.package
    artifact = Artifact(sha256, sha512, package.purl, package.metadata.repository)
    return tuple(one for file in origin.files for one in judge(file.name, file.data, artifact, origin.trust.root))


def _compared(workspace: Workspace, origin: OriginEvidence) -> tuple[SourceComparison | None, str]:
    """The comparison with the source, or why there is none although there should be; empty: no source was given."""
    if origin.source is None:
        return None, ""
    folder = workspace.scratch / "source"
    try:
        source = unpack(origin.source.path, folder, origin.limits)
    except ArchiveRefused as refusal:
        return None, f"The source archive cannot be read. {refusal}"
    if source.sha256 != origin.source.sha256:
        return None, "The source archive is not the one that was handed in."
    if not source.files:
        return None, "The source archive holds no files."
    return compare_source(workspace.package.files, source.files, root=workspace.root, source_root=folder), ""


def _status(
    statements: Sequence[Judged], findings: Sequence[Finding], workspace: Workspace, *, compared: bool, gap: str
) -> CheckStatus:
    if not statements and not compared and not gap:
        return CheckStatus.NOT_APPLICABLE
    if any(finding.severity.at_least(workspace.fail_on) for finding in findings):
        return CheckStatus.FAILED
    if gap or (statements and not any(one.verified for one in statements)):
        return CheckStatus.INCONCLUSIVE
    return CheckStatus.PASSED if statements else CheckStatus.NOT_APPLICABLE


def _statement_findings(statements: Sequence[Judged], good: Judged | None) -> Iterator[Finding]:
    if good is not None:
        return
    if not statements:
        yield _finding(ABSENT, Severity.INFO, "Nothing proves where the package comes from", NONE_GIVEN)
        return
    readable = [one for one in statements if one.about is not None]
    if readable and not any(one.about for one in readable):
        names = ", ".join(dict.fromkeys(name for one in readable for name in one.subjects))
        yield _finding(
            MISMATCH,
            Severity.HIGH,
            "The statement about the origin is about another artifact",
            f"None of its digests is this file's; it names {names or 'nothing'}."[:1000],
            remediation=REMEDY_MISMATCH,
        )
        return
    reasons = dict.fromkeys(f"{one.document}: {one.reason}" for one in statements)
    yield _finding(UNVERIFIED, Severity.LOW, "The statement about the origin cannot be verified", " ".join(reasons))


def _finding(rule: str, severity: Severity, title: str, detail: str, remediation: str = REMEDY) -> Finding:
    return Finding("provenance", rule, severity, title, detail=detail[:2000], remediation=remediation)


def _reason(statements: Sequence[Judged], good: Judged | None, compared: SourceComparison | None, gap: str) -> str:
    if good is not None:
        of = f" from {good.repository}" if good.repository else ""
        at = f" at commit {good.commit[:12]}" if good.commit else ""
        first = f"Verified: built by {good.builder}{of}{at}."
    elif statements:
        first = f"Not verified. {next((one.reason for one in statements if one.about), statements[0].reason)}"
    else:
        first = NONE_GIVEN
    if gap:
        return f"{first} {gap}"
    if compared is None:
        return first
    counts = compared.counts
    return (
        f"{first} Files against the source: {counts['identical']} the same, {counts['differs']} different, "
        f"{counts['added']} only in the package, {counts['built'] + counts['packed']} built or packed."
    )


def _evidence(
    workspace: Workspace,
    statements: Sequence[Judged],
    good: Judged | None,
    compared: SourceComparison | None,
    gap: str,
) -> dict[str, Any]:
    origin = workspace.origin
    return {
        "verified": good is not None,
        "trust_root": origin.trust.root.digest if origin.trust.root else "",
        "trust_problem": origin.trust.problem,
        "files": [{"name": file.name, "sha256": file.sha256} for file in origin.files],
        "statements": [{**asdict(one), "subjects": list(one.subjects)} for one in statements],
        "source": source_record(origin.source, compared, gap) if origin.source else None,
    }
