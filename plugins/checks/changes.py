"""What is new since the last certified version? Runs last, when everything about this one is known.

A change is no fault: what a version may do without saying so is the `declaration` check's subject. But it was not there
when somebody decided, so it asks for their eyes again. How grave each kind is, the policy says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import LABELS, Capability, CheckStatus
from plugins.checks.base import CheckResult, Finding, Workspace, conclude

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.changes import Change, Changes

FIRST = "First version: there is nothing certified to compare it with."
MAX_FINDINGS = 50
"""Findings of one kind; the rest is told in one."""

TITLES = {
    "capability": "capability",
    "host": "host",
    "secret": "secret",
    "install_hook": "code that runs on installation",
    "native_file": "compiled file",
    "dependency": "dependency",
    "entry_point": "entry point",
    "declaration": "part of the declaration",
    "author": "author",
    "origin": "origin",
    "tier": "risk tier",
}
SOURCES = {"declared": " declared", "seen": " seen", "": ""}
REMEDY = "Say in the changelog and the note to the reviewers why this version needs it, or take it out."


@dataclass(frozen=True, slots=True)
class ChangesCheck:
    """Findings from the differences to the last certified version."""

    code: str = "changes"
    version: str = "2"

    def judge(self, workspace: Workspace, changes: Changes) -> CheckResult:
        """Judge the differences. Inconclusive where one of the two versions is not known whole."""
        if changes.before is None:
            return CheckResult(self.code, CheckStatus.NOT_APPLICABLE, FIRST)
        relevant, total = len(changes.relevant), len(changes.changes)
        files = changes.file_counts or {}
        return conclude(
            code=self.code,
            findings=_findings(changes),
            fail_on=workspace.fail_on,
            reason=(
                f"Compared with {changes.before.version}, the last certified: {relevant or 'no'} relevant change"
                f"{'' if relevant == 1 else 's'}, {total - relevant} noted; files: {files.get('added', 0)} added, "
                f"{files.get('changed', 0)} changed, {files.get('gone', 0)} gone."
            ),
            gaps=changes.gaps,
            examined=1 + sum(files.values()),
            engine="plugwarden comparison",
            engine_version=self.version,
        )


def _findings(changes: Changes) -> Iterator[Finding]:
    counts: Counter[str] = Counter()
    for change in changes.relevant:
        counts[change.kind] += 1
        if counts[change.kind] <= MAX_FINDINGS:
            yield _finding(change)
        elif counts[change.kind] == MAX_FINDINGS + 1:
            more = sum(other.kind == change.kind for other in changes.relevant) - MAX_FINDINGS
            yield Finding(
                check="changes",
                rule=f"{change.kind.replace('_', '-')}-{change.what}",
                severity=change.severity,
                title=f"{more} more of the kind: {TITLES[change.kind]}",
                symbol="more",
            )


def _finding(change: Change) -> Finding:
    return Finding(
        check="changes",
        rule=f"{change.kind.replace('_', '-')}-{change.what}",
        severity=change.severity,
        title=title(change),
        path=change.name if change.kind in {"native_file", "entry_point"} else "",
        detail=f"Advisories: {', '.join(change.advisories)}." if change.advisories else "",
        remediation=REMEDY,
        symbol=f"{change.source} {change.name} {change.after}",
    )


def title(change: Change) -> str:
    """One change in words."""
    kind = TITLES[change.kind]
    if change.kind == "origin":
        return f"The proven origin was “{change.before or 'none'}” and is “{change.after or 'none'}”"
    if change.kind in {"tier", "author"}:
        return f"The {kind} was “{change.before}” and is “{change.after}”"
    name = f"{LABELS[Capability(change.name)].lower()} ({change.name})" if change.kind == "capability" else change.name
    lead = {"added": "New", "gone": "Gone", "changed": "Changed"}[change.what]
    extra = f" ({change.before} → {change.after})" if change.kind == "dependency" and change.what == "changed" else ""
    return f"{lead}{SOURCES[change.source]} {kind}: {name}{extra}"
