"""Run bandit in the sandbox over every Python file, named one by one, and read its report closed."""

from __future__ import annotations

import importlib.metadata
import json
from typing import TYPE_CHECKING, Any

from plugins.checks.base import UNREADABLE, Finding
from plugins.checks.static import bandit_notes
from plugins.checks.static.report import (
    CODE,
    TREE,
    EngineReport,
    batches,
    named,
    over_batches,
    redact,
    whole,
    without_literals,
)
from plugins.sandbox import Bind, Limits
from plugins.sandbox.python import run_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugins.package import SourceFile

MODULE = "plugins.checks.engines.bandit_engine"
BATCH_BYTES = 1_500_000
"""About four seconds of bandit's work; with less, another interpreter takes more from other checks than it gives."""
LIMITS = Limits(wall_seconds=300, cpu_seconds=300)


def scan(root: Path, files: Sequence[SourceFile]) -> EngineReport:
    """Examine the files with bandit. A crash, a timeout or a file left out is a gap, never an empty result."""
    report = EngineReport("bandit", importlib.metadata.version("bandit"), asked=len(files))
    if files:
        over_batches(report, lambda batch: _batch(root, batch, report), batches(files, size=BATCH_BYTES))
    report.findings.sort(key=lambda finding: (finding.path, finding.line, finding.rule))
    report.evidence = {"findings": len(report.findings)}
    return report


def _batch(root: Path, files: list[SourceFile], report: EngineReport) -> None:
    paths = [file.path for file in files]
    request = json.dumps({"root": TREE, "files": paths}).encode()
    result = run_python(MODULE, binds=[Bind(root, TREE)], limits=LIMITS, stdin=request)
    report.cpu_seconds += result.cpu_seconds
    if not result.ok:
        report.gaps.append(f"bandit gave no result for {len(paths)} Python files. {result.ending}")
        return
    try:
        answer = whole(json.loads(result.stdout), dict)
        findings = [_finding(entry) for entry in answer["results"]]
        skipped = {path: str(reason)[:200] for path, reason in answer["skipped"].items()}
        scanned = set(whole(answer["scanned"], list))
    except UNREADABLE:
        report.gaps.append(f"bandit's report on {len(paths)} Python files could not be read.")
        return
    left_out = set(paths) - scanned - skipped.keys()
    if left_out:
        report.gaps.append(f"bandit left out {named(left_out)}.")
    report.findings += _once(findings)
    report.unparseable.update(skipped)
    report.parsed |= scanned


def _once(findings: list[Finding]) -> list[Finding]:
    """Without what bandit tells twice: B308 and B703 are the same call of `mark_safe`."""
    told = {(one.path, one.line) for one in findings if one.rule == "bandit-B308"}
    return [one for one in findings if one.rule != "bandit-B703" or (one.path, one.line) not in told]


def _finding(entry: dict[str, Any]) -> Finding:
    test, snippet = str(entry["test"]), str(entry["snippet"])
    return Finding(
        check=CODE,
        rule=f"bandit-{test}",
        severity=bandit_notes.severity(test, entry["severity"], entry["confidence"]),
        title=bandit_notes.title(test, str(entry["name"])),
        path=str(entry["path"]),
        line=int(entry["line"]),
        snippet=without_literals(snippet) if test in bandit_notes.SECRET_TESTS else redact(snippet),
        detail=without_literals(str(entry["text"])) if test in bandit_notes.SECRET_TESTS else str(entry["text"]),
        remediation=bandit_notes.remediation(test),
        cwe=f"CWE-{int(entry['cwe'])}" if entry["cwe"] else "",
    )
