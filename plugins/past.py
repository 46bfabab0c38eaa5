"""What is known of a plugin from before, and how a new run's findings are known again by it. Pure.

A finding is known again by its fingerprint, which names its file; failing that by its likeness, which does not, so that
one in a file that was moved or renamed stays the same finding. What stands is looked at before what was fixed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from governance.vocabulary import CheckStatus, FindingState
from plugins.checks.base import NO_RESULT, WaiverRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from governance.vocabulary import Severity
    from plugins.checks.base import CheckResult, Finding
    from plugins.reputation import Reputation


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of a run before."""

    check: str
    fingerprint: str
    likeness: str
    path: str
    line: int
    issue: int | None = None
    """The record that follows it; None where it was found before there were such records."""
    finding: int | None = None
    """The stored row, where it is stored."""
    title: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was decided about a file, by its digest, for all plugins that ship it."""

    name: str
    """As people see it, e.g. `F-3`."""
    blocked: bool
    """Else it is allowed: what is found in it counts nowhere."""
    reason: str
    until: str = ""
    """ISO date of the last day it holds; empty for one without an end."""


@dataclass(frozen=True, slots=True)
class Past:
    """All of it. Empty for a plugin nobody knows, and for `vet` on the command line."""

    standing: tuple[Known, ...] = ()
    """What the runs before left standing."""
    fixed: tuple[Known, ...] = ()
    """What was found once and then no more."""
    waivers: Mapping[int, WaiverRef] = field(default_factory=dict)
    """Active waivers by issue."""
    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    """Decided files by SHA-256 in hex."""
    reputation: Reputation | None = None
    """The publisher's record; None where nobody keeps one."""
    kept: bool = False
    """Whether anybody keeps it: for `vet` on the command line nothing is known, so nothing is said to be new."""


class Recogniser:
    """Knows findings again, each of the past at most once. One for each run."""

    def __init__(self, past: Past, *, fail_on: Severity, digests: Mapping[str, str] | None = None) -> None:
        """`digests` gives the SHA-256 of each file of the package by path, for decided files."""
        self.past = past
        self.fail_on = fail_on
        self._allowed = {
            path: _waived_by(past.rulings[sha256])
            for path, sha256 in (digests or {}).items()
            if sha256 in past.rulings and not past.rulings[sha256].blocked
        }
        self._standing = _Pool(past.standing)
        self._fixed = _Pool(past.fixed)

    def read(self, result: CheckResult) -> CheckResult:
        """The result with each finding's state, issue and waiver; a failure that only waived findings made is none."""
        return _unfailed(replace(result, findings=self.recognise(result.findings)), self.fail_on)

    def recognise(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings of one check with state, issue and waiver."""
        found: dict[int, tuple[FindingState, Known]] = {}
        for pool, otherwise in ((self._standing, None), (self._fixed, FindingState.RETURNED)):
            for by_likeness in (False, True):
                for index, finding in enumerate(findings):
                    if index not in found and (known := pool.take(finding, by_likeness=by_likeness)):
                        found[index] = (otherwise or _state(finding, known), known)
        return tuple(self._told(finding, found.get(index)) for index, finding in enumerate(findings))

    def gone(self, results: Iterable[CheckResult]) -> tuple[Known, ...]:
        """What stood and was not found any more, by checks that looked; call it after all results were read."""
        looked = {result.code for result in results if result.status not in NO_RESULT}
        return tuple(known for known in self._standing.left() if known.check in looked)

    def _told(self, finding: Finding, known: tuple[FindingState, Known] | None) -> Finding:
        state, issue = (known[0], known[1].issue) if known else (FindingState.NEW, None)
        waiver = self._allowed.get(finding.path) or (self.past.waivers.get(issue) if issue else None)
        return replace(finding, state=state if self.past.kept else None, issue=issue, waiver=waiver)


class _Pool:
    """Findings of the past, each to be taken once."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._left: dict[int, Known] = dict(enumerate(known))
        self._by_fingerprint: dict[str, list[int]] = defaultdict(list)
        self._by_likeness: dict[str, list[int]] = defaultdict(list)
        for number, one in reversed(self._left.items()):  # the first of them is taken first
            self._by_fingerprint[one.fingerprint].append(number)
            if one.likeness:
                self._by_likeness[one.likeness].append(number)

    def take(self, finding: Finding, *, by_likeness: bool) -> Known | None:
        numbers = (
            self._by_likeness.get(finding.likeness) if by_likeness else self._by_fingerprint.get(finding.fingerprint)
        )
        while numbers:
            if known := self._left.pop(numbers.pop(), None):
                return known
        return None

    def left(self) -> Iterable[Known]:
        return self._left.values()


def _unfailed(result: CheckResult, fail_on: Severity) -> CheckResult:
    """A result that says what was waived in it; a failure that only waived findings made is a pass."""
    waived = len(result.findings) - len(result.counted)
    if not waived:
        return result
    note = f"{result.reason} {waived} finding{'s' if waived > 1 else ''} waived, not counted."
    failed = any(finding.severity.at_least(fail_on) for finding in result.counted)
    if result.status is CheckStatus.FAILED and not failed:
        return replace(result, status=CheckStatus.PASSED, reason=note)
    return replace(result, reason=note)


def _state(finding: Finding, known: Known) -> FindingState:
    same = (finding.path, finding.line) == (known.path, known.line)
    return FindingState.UNCHANGED if same else FindingState.MOVED


def _waived_by(ruling: Ruling) -> WaiverRef:
    return WaiverRef(ruling.name, ruling.until, ruling.reason)
