"""What reports say, as frozen data: text, numbers and times; nothing is asked of the database later.

`snapshot` writes these as JSON and reads them again. Text in it may come from a stranger's package.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - `snapshot` reads the types of the fields
from typing import ClassVar

from plugins.rule_sets import RuleSetFacts  # noqa: TC001 - likewise


@dataclass(frozen=True, slots=True)
class Made:
    """When and where a document's data was taken."""

    at: datetime
    by: str
    portal: str
    release: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Which artifact a dossier is about."""

    plugin: str
    version: str
    format: str
    purl: str
    description: str
    license: str
    team: str
    contact: str
    filename: str
    size: int
    sha256: str
    state: str
    standing: str
    submitted_by: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """The certificate as it stood, and what our own verifier said of it at that moment."""

    serial: str
    state: str
    in_force: bool
    state_reason: str
    tier: str
    not_before: datetime
    not_after: datetime
    revalidate_on: date
    conditions: str
    keyid: str
    signature: str
    envelope_sha256: str
    demo: bool
    issued_at: datetime
    issued_by: str
    run_sha256: str
    verified: bool
    verification: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The vetting run a dossier reports."""

    number: int
    verdict: str
    verdict_label: str
    reason: str
    trigger: str
    finished_at: datetime
    report_sha256: str
    policy: str
    policy_sha256: str
    files: int
    code_files: int


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of the risk score."""

    code: str
    points: int
    cap: int
    reason: str


@dataclass(frozen=True, slots=True)
class Band:
    """A risk tier and the score it begins at."""

    tier: str
    label: str
    start: int


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk score and where it comes from."""

    score: int
    tier: str
    tier_label: str
    floor: str
    counterfactual: str
    factors: tuple[Factor, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check's conclusion."""

    code: str
    status: str
    status_label: str
    engine: str
    engine_version: str
    examined: int
    findings: int
    duration_ms: int
    reason: str
    rule_set: RuleSetFacts | None = None
    """The rule set it judged by, where it names one."""


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding in full."""

    severity: str
    severity_label: str
    title: str
    check: str
    rule: str
    path: str
    line: int
    snippet: str
    detail: str
    remediation: str
    cwe: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class UseLine:
    """A capability or a host: declared by the owner, derived from the manifest, seen in the code, seen when run."""

    name: str
    label: str
    declared: bool
    derived: bool
    seen: bool
    places: tuple[str, ...]
    places_total: int
    dynamic: bool | None = None
    """None: it was not run, or the snapshot is older than the sandbox."""

    @property
    def undeclared(self) -> bool:
        """Whether it is used and not declared."""
        return (self.seen or self.derived or bool(self.dynamic)) and not self.declared


@dataclass(frozen=True, slots=True)
class AdvisoryLine:
    """An advisory that concerns a dependency."""

    name: str
    aliases: tuple[str, ...]
    severity: str
    severity_label: str
    summary: str
    fixed: tuple[str, ...]
    match: str


@dataclass(frozen=True, slots=True)
class DependencyLine:
    """One dependency as the run saw it."""

    purl: str
    requirement: str
    pinned: str
    scope: str
    direct: bool
    advisories: tuple[AdvisoryLine, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """The advisory feeds that were asked."""

    names: tuple[str, ...]
    records: int
    age_days: float
    demo: bool


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """How one criterion came out; `answered_by` is set where a reviewer answered it."""

    code: str
    title: str
    category: str
    statement: str
    kind: str
    blocking: bool
    outcome: str
    outcome_label: str
    explanation: str
    answered_by: str
    mapping: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One reviewer's decision."""

    outcome: str
    outcome_label: str
    reason: str
    conditions: str
    criteria: tuple[str, ...]
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class LineageLine:
    """One thing that happened: who, when, what."""

    at: datetime
    who: str
    what: str
    subject: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """The certification dossier of one version."""

    schema: ClassVar[str] = "plugwarden.dossier/v1"

    made: Made
    identity: Identity
    run: RunFacts
    risk: Risk
    certificate: CertificateFacts | None
    checks: tuple[CheckLine, ...]
    findings: tuple[FindingLine, ...]
    capabilities: tuple[UseLine, ...]
    hosts: tuple[UseLine, ...]
    feed: Feed | None
    dependencies: tuple[DependencyLine, ...]
    criteria: tuple[CriterionLine, ...]
    decisions: tuple[DecisionLine, ...]
    lineage: tuple[LineageLine, ...]


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What is done about an audit finding."""

    action: str
    owner: str
    deadline: date
    outcome: str
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class AuditFindingLine:
    """An audit finding in its five parts, with its action plans and the titles of its evidence."""

    number: int
    title: str
    rating: str
    rating_label: str
    condition: str
    criterion: str
    cause: str
    effect: str
    recommendation: str
    actions: tuple[ActionLine, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """A decision of the audited period."""

    plugin: str
    version: str
    sha256: str
    outcome: str
    outcome_label: str
    tier: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class CertifiedLine:
    """A certificate issued in the audited period, with its state when the snapshot was taken."""

    serial: str
    plugin: str
    version: str
    sha256: str
    tier: str
    state: str
    issued_at: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """An evidence file."""

    title: str
    filename: str
    finding: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The report of one audit, with its population."""

    schema: ClassVar[str] = "plugwarden.audit-report/v1"

    made: Made
    code: str
    title: str
    objective: str
    scope: str
    method: str
    conclusion: str
    period_from: date
    period_to: date
    lead: str
    issued_at: datetime
    findings: tuple[AuditFindingLine, ...]
    decided: tuple[DecidedLine, ...]
    certified: tuple[CertifiedLine, ...]
    evidence: tuple[EvidenceLine, ...]


Document = Dossier | AuditReport
