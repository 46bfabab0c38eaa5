"""What a comparison with the source comes to: findings for files that should be the same, and the record for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity
from plugins.checks.base import Finding
from plugins.provenance.sources import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Package
    from plugins.provenance.evidence import SourceArchive
    from plugins.provenance.sources import Compared, SourceComparison

MAX_FINDINGS = 50
"""Findings of one rule; the rest is told in one."""
MAX_LISTED = 200
"""Paths kept for each standing."""
DIFFERS = "source-differs"
ADDED = "source-lacks"
_TITLES = {DIFFERS: "The file is not the one in the source", ADDED: "The source does not hold this code"}
_REMEDIES = {
    DIFFERS: "Build the package from the source that is published, or hand in the source it was built from.",
    ADDED: "Add the file to the source, or leave it out of the package.",
}


def source_findings(package: Package, compared: SourceComparison) -> Iterator[Finding]:
    """Files that differ, and code that only the package has. What runs on installation is high either way."""
    hooks = {hook.path for hook in package.install_hooks}
    yield from _of(DIFFERS, compared.of(Standing.DIFFERS), hooks, Severity.MEDIUM)
    unforeseen = [file for file in compared.of(Standing.ADDED) if file.code or file.path in hooks]
    yield from _of(ADDED, unforeseen, hooks, Severity.LOW)


def _of(rule: str, files: list[Compared], hooks: set[str], severity: Severity) -> Iterator[Finding]:
    ordered = sorted(files, key=lambda file: (file.path not in hooks, not file.code, file.path))
    for file in ordered[:MAX_FINDINGS]:
        grave = file.path in hooks
        yield Finding(
            check="provenance",
            rule=rule,
            severity=Severity.HIGH if grave else severity,
            title=_TITLES[rule] + (", and it runs on installation" if grave else ""),
            path=file.path,
            remediation=_REMEDIES[rule],
        )
    if (more := len(ordered) - MAX_FINDINGS) > 0:
        yield Finding("provenance", rule, severity, f"{more} more of the kind: {_TITLES[rule]}", symbol="more")


def source_record(source: SourceArchive, compared: SourceComparison | None, gap: str) -> dict[str, Any]:
    """JSON-ready: counts, and the paths of everything that is not the same."""
    record: dict[str, Any] = {"name": source.name, "sha256": source.sha256, "problem": gap}
    if compared is None:
        return record
    listed = {}
    for standing in Standing:
        if standing is not Standing.IDENTICAL:
            files = compared.of(standing)
            listed[standing.value] = [file.path for file in files[:MAX_LISTED]]
    added_code = sum(file.code for file in compared.of(Standing.ADDED))
    return record | {
        "folder": compared.folder,
        "counts": {**compared.counts, "added_code": added_code},
        "files": listed,
    }
