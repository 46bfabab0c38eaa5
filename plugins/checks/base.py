"""The protocol of a check and the facts it returns. No Django here, nor in any check."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from governance.vocabulary import Capability, CheckStatus, FindingState, Severity
from plugins.package import SHIPPED_SCOPES
from plugins.provenance.evidence import OriginEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plugins.advisories.exploitation import KnownExploit, Likelihood
    from plugins.archive import Unpacked
    from plugins.package import Package

SNIPPET_LIMIT = 300
"""Characters of a line kept as evidence."""
MENTIONED = "mentioned"
JOINT = " + "
"""Between the names, and the versions, of engines that worked together."""

NEVER_WAIVED = frozenset({"completeness", "declaration", "changes", "files"})
"""Checks whose findings nobody waives: paperwork is filled in, what is used is declared, a file is decided about."""

NO_RESULT = frozenset({CheckStatus.INCONCLUSIVE, CheckStatus.ERRORED})
"""Statuses that say nothing about the artifact."""

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
"""What reading an engine's answer raises where it is not as agreed: even brackets without end, or `Infinity`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong at one place. `fingerprint` is its identity across re-scans and never holds a line number."""

    check: str
    rule: str
    severity: Severity
    title: str
    path: str = ""
    line: int = 0
    snippet: str = ""
    """The matched text, at most SNIPPET_LIMIT characters; never a secret's value."""
    detail: str = ""
    remediation: str = ""
    cwe: str = ""
    symbol: str = ""
    """What tells two findings of a rule apart beside the snippet: enclosing symbol, advisory id with package …"""
    count: int = 1
    """In how many places it stands, where alike ones are told together."""
    fingerprint: str = ""
    likeness: str = ""
    """What it is, wherever it stands: the same for alike findings in other files. Tells a moved one from a new one."""
    state: FindingState | None = None
    """Against the runs before; None where there is nothing to compare with. Filled by the pipeline."""
    issue: int | None = None
    """The record that follows it from run to run, where it is known already. Filled by the pipeline."""
    waiver: WaiverRef | None = None
    """Why it counts nowhere; None: it counts. Filled by the pipeline, never by a check."""


@dataclass(frozen=True, slots=True)
class WaiverRef:
    """What took a finding out of the count: an active waiver, or the decision that a file is allowed."""

    name: str
    """As people see it, e.g. `W-12`."""
    until: str
    """ISO date of the last day it holds; empty for one without an end."""
    reason: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A capability used, or a host named, at one place in the code or in a phase of a run."""

    kind: str
    """`capability`, `host`, or MENTIONED: a host told to people, in a comment, a link or the manual, and not egress."""
    value: str
    """A capability id, or a lower-case host name."""
    path: str = ""
    line: int = 0
    snippet: str = ""
    dynamic: bool = False
    """Seen while the plugin ran in the sandbox, not read in its code. `path` is then the phase, or empty."""


@dataclass(frozen=True, slots=True)
class MatchedAdvisory:
    """An advisory that concerns a dependency."""

    id: str
    aliases: tuple[str, ...]
    severity: Severity
    summary: str
    fixed: tuple[str, ...]
    """Versions that fix it, oldest first."""
    match: str
    """`affected` (the pinned version is) or `could-resolve` (some version the requirement allows is)."""
    exploited_since: str = ""
    """ISO date since when it is known to be exploited; empty: it is not known to be."""
    epss: float | None = None
    """How likely it is exploited within 30 days, 0 to 1; None: not known."""
    percentile: float | None = None
    """Which part of all vulnerabilities is less likely to be."""


@dataclass(frozen=True, slots=True)
class ComponentResult:
    """A dependency and what the advisories say of it."""

    purl: str
    ecosystem: str
    name: str
    requirement: str
    direct: bool
    pinned: str | None
    scope: str = "runtime"
    advisories: tuple[MatchedAdvisory, ...] = ()
    license: str = ""
    """As stated; empty: not known here."""
    integrity: str = ""
    """Digest of the package file, as a lock states it."""
    needs: tuple[str, ...] = ()
    """What it needs itself, as a lock resolved it: `name@version`."""

    @property
    def shipped(self) -> bool:
        """Whether it reaches the platform."""
        return self.scope in SHIPPED_SCOPES


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found, and how much it looked at. `reason` is one plain sentence for people, always filled."""

    code: str
    status: CheckStatus
    reason: str
    engine: str = ""
    engine_version: str = ""
    examined: int = 0
    findings: tuple[Finding, ...] = ()
    observations: tuple[Observation, ...] = ()
    components: tuple[ComponentResult, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)
    """JSON-ready facts for the record: rule-set digest, skipped files, feed age …"""
    duration_ms: int = 0
    """Filled by the pipeline."""
    cpu_ms: int = 0
    """CPU time of the engines, where the sandbox measured it."""
    monitored: tuple[Finding, ...] = ()
    """What rules on trial found: shown, kept apart from `findings`, and counted by nothing."""

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that count: those without a waiver."""
        return tuple(finding for finding in self.findings if finding.waiver is None)

    def excuses(self, part: ComponentResult, advisory: MatchedAdvisory) -> bool:
        """Whether the finding about an advisory in a dependency is waived."""
        return f"{part.ecosystem}:{part.name}:{advisory.id}" in self.waived

    @property
    def waived(self) -> frozenset[str]:
        """The symbols of the findings that do not; of a dependency `ecosystem:name:advisory`."""
        return frozenset(finding.symbol for finding in self.findings if finding.waiver)


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a check may look at, and where it may write."""

    package: Package
    artifact: Path
    """The archive as submitted."""
    root: Path
    """The unpacked tree; never write here, never execute from here."""
    scratch: Path
    """A folder of this run's own; each check makes its own subfolder."""
    cache: Path
    """`var/cache`: warmed engine caches, mounted read-only into the sandbox."""
    unpacked: Unpacked | None = None
    """What the archive reader noted on the way."""
    feed: FeedSnapshot | None = None
    fail_on: Severity = Severity.HIGH
    """Findings at or above this severity make a check FAILED."""
    credentials: set[str] = field(default_factory=set, repr=False)
    """Values of credentials found in the package, for the pipeline to take out of all results. In memory only."""
    origin: OriginEvidence = field(default_factory=OriginEvidence)
    """What was handed in beside the artifact to show where it comes from."""


@dataclass(frozen=True, slots=True)
class Exploitation:
    """What is known of the exploitation of the CVEs in question. No age: nothing of the kind is imported."""

    known: tuple[KnownExploit, ...] = ()
    likely: tuple[Likelihood, ...] = ()
    known_age_days: float | None = None
    likely_age_days: float | None = None


@dataclass(frozen=True, slots=True)
class FeedSnapshot:
    """The advisories that name any of the package's dependencies, cut from the imported feeds."""

    names: tuple[str, ...]
    """Names of the feeds, e.g. ("OSV PyPI",)."""
    records: int
    """How many records the feeds hold in all."""
    age_days: float
    """Days since the newest record was modified or the feed was made, whichever the feed states."""
    demo: bool
    """Whether any of it is the starter feed of the demo."""
    advisories: tuple[Mapping[str, object], ...]
    """OSV records, as imported."""
    exploitation: Exploitation = field(default_factory=Exploitation)
    uncovered: tuple[str, ...] = ()
    """Ecosystems of dependencies about which no imported record is: of these, silence says nothing."""


class Check(Protocol):
    """A check: stateless, registered once in `plugins.checks.registry`."""

    @property
    def code(self) -> str:
        """Its id, as reports and policies name it."""

    @property
    def version(self) -> str:
        """Raised whenever its rules or their meaning change; part of the key under which results are kept."""

    @property
    def reads_files(self) -> bool:
        """Whether it looks at the unpacked tree or the artifact, and not only at the facts in `Workspace.package`."""

    def basis(self, workspace: Workspace) -> str | None:
        """What its result rests on beside the artifact: rules, engines, feeds. None: it must be run each time."""

    def applies_to(self, package: Package) -> bool:
        """Whether there is anything to look at; False gives NOT_APPLICABLE."""

    def run(self, workspace: Workspace) -> CheckResult:
        """Examine the workspace. May raise: the pipeline turns any exception into ERRORED."""


def engines(*pairs: tuple[str, str]) -> tuple[str, str]:
    """The names and the versions of several engines, in one order: `("bandit + ast-grep", "1.9.4 + 0.51.0")`.

    One without a version gave no answer and is left out: what is named has looked.
    """
    answered = [pair for pair in pairs if pair[1]]
    return JOINT.join(name for name, _ in answered), JOINT.join(version for _, version in answered)


def engine_versions(engine: str, version: str) -> dict[str, str]:
    """Each engine's version, from what `engines` joined; empty where no engine gave an answer."""
    names, versions = engine.split(JOINT), version.split(JOINT)
    if not version or len(names) != len(versions):
        return {engine: version} if version else {}
    return dict(zip(names, versions, strict=True))


def conclude(
    *,
    code: str,
    findings: Iterable[Finding],
    fail_on: Severity,
    reason: str,
    gaps: Iterable[str] = (),
    examined: int,
    **more: object,
) -> CheckResult:
    """Build a result that fails closed: any gap, or nothing examined, is INCONCLUSIVE; else findings decide.

    `gaps` are plain sentences, each naming something that was not answered. `more` is passed to CheckResult.
    """
    found = fingerprinted(findings)
    missing = list(gaps)
    if examined == 0 and not missing:
        missing = ["Nothing was examined although there was something to examine."]
    if missing:
        status, why = CheckStatus.INCONCLUSIVE, " ".join(missing)
    elif any(finding.severity.at_least(fail_on) for finding in found):
        status, why = CheckStatus.FAILED, reason
    else:
        status, why = CheckStatus.PASSED, reason
    return CheckResult(code=code, status=status, reason=why, examined=examined, findings=found, **more)  # type: ignore[arg-type]


def fingerprinted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give each finding its identity: sha256(check, rule, normalised snippet, path, symbol, nth occurrence).

    Its likeness is the same without path and number: by it a finding is known again in a file that was moved.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    result = []
    for finding in findings:
        what = (finding.check, finding.rule, normalise(finding.snippet))
        key = (*what, finding.path, finding.symbol)
        seen[key] += 1
        symbol = finding.symbol.replace(finding.path, "") if finding.path else finding.symbol
        result.append(
            replace(
                finding,
                snippet=clip(finding.snippet),
                fingerprint=_digest(*key, str(seen[key])),
                likeness=_digest(*what, symbol),
            )
        )
    return tuple(result)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def normalise(snippet: str) -> str:
    """Fold white space and Unicode forms, so that re-indenting a line does not make a new finding."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", snippet)).strip()


def clip(text: str) -> str:
    """Cut evidence to SNIPPET_LIMIT characters."""
    return text if len(text) <= SNIPPET_LIMIT else text[: SNIPPET_LIMIT - 1] + "…"


def capability(value: Capability, path: str, line: int, snippet: str = "") -> Observation:
    """Shorthand for a capability seen at a place."""
    return Observation("capability", value.value, path, line, clip(snippet))
