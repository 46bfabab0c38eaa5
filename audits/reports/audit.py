"""Gather what an audit report says, with its whole population."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from audits.reports.common import made
from audits.reports.documents import (
    ActionLine,
    AuditFindingLine,
    AuditReport,
    CertifiedLine,
    DecidedLine,
    EvidenceLine,
)
from certification.models import Certificate, Decision
from governance.models.choices import label
from governance.vocabulary import Tier

if TYPE_CHECKING:
    from audits.models import ActionPlan, Audit, AuditFinding
    from governance.models import User


def build_audit_report(*, audit: Audit, actor: User | None, now: datetime | None = None) -> AuditReport:
    """The audit with findings, action plans, evidence, and everything decided or certified in its period."""
    moment = now or timezone.now()
    evidence = list(audit.evidence.select_related("added_by", "finding").order_by("id"))
    titles: dict[int | None, list[str]] = {}
    for file in evidence:
        titles.setdefault(file.finding_id, []).append(file.title)
    findings = audit.findings.prefetch_related("actions__owner").order_by("id")
    return AuditReport(
        made=made(now=moment, actor=actor),
        code=audit.code,
        title=audit.title,
        objective=audit.objective,
        scope=audit.scope,
        method=audit.method,
        conclusion=audit.conclusion,
        period_from=audit.period_from,
        period_to=audit.period_to,
        lead=str(audit.lead),
        issued_at=audit.issued_at or moment,
        findings=tuple(
            _finding(number, finding, titles.get(finding.pk, [])) for number, finding in enumerate(findings, start=1)
        ),
        decided=_decided(audit),
        certified=_certified(audit, moment),
        evidence=tuple(
            EvidenceLine(
                title=file.title,
                filename=(file.file.name or "").rpartition("/")[2],
                finding=file.finding.title if file.finding else "",
                size=file.size,
                sha256=file.sha256,
                added_by=str(file.added_by),
                added_at=file.added_at,
            )
            for file in evidence
        ),
    )


def _finding(number: int, finding: AuditFinding, evidence: list[str]) -> AuditFindingLine:
    return AuditFindingLine(
        number=number,
        title=finding.title,
        rating=finding.rating,
        rating_label=finding.get_rating_display(),
        condition=finding.condition,
        criterion=finding.criterion,
        cause=finding.cause,
        effect=finding.effect,
        recommendation=finding.recommendation,
        actions=tuple(_action(plan) for plan in finding.actions.all()),
        evidence=tuple(evidence),
    )


def _action(plan: ActionPlan) -> ActionLine:
    return ActionLine(
        action=plan.action,
        owner=str(plan.owner),
        deadline=plan.deadline,
        outcome=plan.outcome,
        state=plan.state,
        state_label=plan.get_state_display(),
    )


def _bounds(audit: Audit) -> tuple[datetime, datetime]:
    """The period as moments, UTC: from the start of its first day to the start of the day after its last."""
    start = datetime.combine(audit.period_from, time.min, tzinfo=UTC)
    return start, datetime.combine(audit.period_to + timedelta(days=1), time.min, tzinfo=UTC)


def _decided(audit: Audit) -> tuple[DecidedLine, ...]:
    start, end = _bounds(audit)
    rows = (
        Decision.objects.filter(decided_at__gte=start, decided_at__lt=end)
        .select_related("review__version__plugin", "review__version__artifact", "review__run", "decided_by")
        .defer("review__run__report", "review__run__progress", "review__version__metadata")
        .order_by("decided_at", "id")
    )
    return tuple(
        DecidedLine(
            plugin=row.review.version.plugin.name,
            version=row.review.version.version,
            sha256=row.review.version.artifact.sha256,
            outcome=row.outcome,
            outcome_label=row.get_outcome_display(),
            tier=_tier(row.review.run.tier),
            decided_by=str(row.decided_by),
            decided_at=row.decided_at,
        )
        for row in rows
    )


def _certified(audit: Audit, now: datetime) -> tuple[CertifiedLine, ...]:
    start, end = _bounds(audit)
    rows = (
        Certificate.objects.filter(issued_at__gte=start, issued_at__lt=end)
        .select_related("version__plugin")
        .defer("envelope", "version__metadata", "version__declaration")
        .order_by("issued_at", "id")
    )
    return tuple(
        CertifiedLine(
            serial=row.serial,
            plugin=row.version.plugin.name,
            version=row.version.version,
            sha256=row.sha256,
            tier=_tier(row.tier),
            state=str(row.effective_state(now).label),
            issued_at=row.issued_at,
            not_after=row.not_after,
        )
        for row in rows
    )


def _tier(value: str) -> str:
    return label(Tier(value)) if value else ""
