"""An audit from its plan to its last confirmed action. What its report says is frozen once the report is issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audits.enums import ActionState, AuditState
from audits.evidence import FROZEN
from audits.models import ActionPlan, Audit, AuditFinding
from audits.reports.services import request_audit_report
from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from audits.models import Report
    from governance.models import User

PARTS = ("condition", "criterion", "cause", "effect", "recommendation")
"""The five parts of a finding; each is needed."""

PLAN = ("code", "title", "objective", "scope", "method", "conclusion", "period_from", "period_to", "lead")
"""What may be edited until the report is issued."""


class AuditRefused(Exception):
    """The audit cannot be changed like this; the text says why and nothing was changed."""


@transaction.atomic
def create_audit(
    *,
    actor: User,
    code: str,
    title: str,
    objective: str,
    scope: str,
    period_from: date,
    period_to: date,
    method: str = "",
    lead: User | None = None,
) -> Audit:
    """Plan an audit; its lead is the actor unless another is named.

    Raises:
        AuditRefused: the actor may not, the code is taken, or the period ends before it begins.
    """
    _demand(actor, "audits.add_audit")
    if Audit.objects.filter(code=code).exists():
        raise AuditRefused(_("There is an audit %(code)s already.") % {"code": code})
    _demand_period(period_from, period_to)
    audit = Audit.objects.create(
        code=code,
        title=title,
        objective=objective,
        scope=scope,
        method=method,
        period_from=period_from,
        period_to=period_to,
        lead=lead or actor,
    )
    ledger.record(verb="audit.planned", subject=audit, actor=actor)
    return audit


@transaction.atomic
def update_audit(*, audit: Audit, actor: User, **changes: object) -> Audit:
    """Change the plan, the method or the conclusion.

    Raises:
        AuditRefused: the actor may not, the report is issued, or a field is none of the plan's.
    """
    _demand(actor, "audits.change_audit")
    _demand_open(audit)
    if foreign := changes.keys() - set(PLAN):
        raise AuditRefused(_("These are no fields of the plan: %(names)s.") % {"names": ", ".join(sorted(foreign))})
    for name, value in changes.items():
        setattr(audit, name, value)
    _demand_period(audit.period_from, audit.period_to)
    if changes:
        audit.save(update_fields=list(changes))
        ledger.record(verb="audit.changed", subject=audit, actor=actor, details={"fields": sorted(changes)})
    return audit


@transaction.atomic
def begin(*, audit: Audit, actor: User) -> Audit:
    """Fieldwork begins. Raises AuditRefused."""
    return _move(audit, audit.begin, "audit.fieldwork-begun", actor)


@transaction.atomic
def draft(*, audit: Audit, actor: User) -> Audit:
    """The findings are in, the report is being written. Raises AuditRefused."""
    return _move(audit, audit.draft_report, "audit.drafted", actor)


@transaction.atomic
def reopen_fieldwork(*, audit: Audit, actor: User) -> Audit:
    """Something is missing: back to fieldwork. Raises AuditRefused."""
    return _move(audit, audit.reopen_fieldwork, "audit.fieldwork-reopened", actor)


@transaction.atomic
def issue(*, audit: Audit, actor: User) -> Report:
    """Freeze the audit and its population, and have the report made: once and for good.

    Raises:
        AuditRefused: the actor may not, it is no draft (any more), the conclusion is missing, or a finding above an
            observation has no action plan.
    """
    _demand(actor, "audits.issue_audit")
    if not audit.conclusion.strip():
        raise AuditRefused(_("Write the conclusion first: a report without one says nothing."))
    bare = [str(found) for found in _without_action(audit)]
    if bare:
        raise AuditRefused(_("These findings have no action plan: %(titles)s.") % {"titles": "; ".join(bare)})
    audit.issued_at = timezone.now().replace(microsecond=0)
    _move(audit, audit.issue, "audit.issued", actor, "issued_at")
    return request_audit_report(audit=audit, actor=actor)


@transaction.atomic
def follow_up(*, audit: Audit, actor: User) -> Audit:
    """The action plans are being carried out. Raises AuditRefused."""
    return _move(audit, audit.follow_up, "audit.followed-up", actor)


@transaction.atomic
def close(*, audit: Audit, actor: User) -> Audit:
    """Close an issued audit whose actions are all confirmed.

    Raises:
        AuditRefused: an action is not confirmed, or the report is not issued.
    """
    waiting = ActionPlan.objects.filter(finding__audit=audit).exclude(state=ActionState.CONFIRMED).count()
    if waiting:
        raise AuditRefused(_("%(count)d actions are not confirmed yet.") % {"count": waiting})
    return _move(audit, audit.close, "audit.closed", actor)


@transaction.atomic
def add_finding(*, audit: Audit, actor: User, title: str, rating: str, **parts: str) -> AuditFinding:
    """Write a finding down, in its five parts: condition, criterion, cause, effect, recommendation.

    Raises:
        AuditRefused: the actor may not, the report is issued, or a part is missing.
    """
    _demand(actor, "audits.add_auditfinding")
    _demand_open(audit)
    _demand_parts(title, parts)
    finding = AuditFinding.objects.create(audit=audit, title=title, rating=rating, **parts)
    ledger.record(
        verb="audit.finding-added", subject=audit, actor=actor,
        details={"finding": finding.pk, "title": title, "rating": rating},
    )  # fmt: skip
    return finding


@transaction.atomic
def change_finding(*, finding: AuditFinding, actor: User, title: str, rating: str, **parts: str) -> AuditFinding:
    """Rewrite a finding while its audit's report is not issued. Raises AuditRefused."""
    _demand(actor, "audits.change_auditfinding")
    _demand_open(finding.audit)
    _demand_parts(title, parts)
    for name, value in {"title": title, "rating": rating, **parts}.items():
        setattr(finding, name, value)
    finding.save(update_fields=["title", "rating", *parts])
    ledger.record(verb="audit.finding-changed", subject=finding.audit, actor=actor, details={"finding": finding.pk})
    return finding


def _demand(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise AuditRefused(_("You may not do this with audits."))


def _demand_open(audit: Audit) -> None:
    """Refuse where the report is out; the row is locked, so that issuing cannot slip in between."""
    state = Audit.objects.select_for_update().values_list("state", flat=True).get(pk=audit.pk)
    if state in FROZEN:
        raise AuditRefused(_("The report of %(audit)s is issued: what it says stands.") % {"audit": audit})


def _demand_period(start: date, end: date) -> None:
    if end < start:
        raise AuditRefused(_("The period ends before it begins."))


def _demand_parts(title: str, parts: dict[str, str]) -> None:
    missing = [name for name in PARTS if not parts.get(name, "").strip()]
    if not title.strip():
        missing.insert(0, "title")
    if missing or parts.keys() - set(PARTS):
        raise AuditRefused(
            _("A finding needs a title and five parts; missing: %(names)s.") % {"names": ", ".join(missing)}
        )


def _without_action(audit: Audit) -> list[AuditFinding]:
    return list(audit.findings.filter(actions__isnull=True).exclude(rating="observation"))


def _move(audit: Audit, transition: Callable[[], None], verb: str, actor: User, *fields: str) -> Audit:
    _demand(actor, "audits.change_audit")
    before = AuditState(audit.state).label
    try:
        with transaction.atomic():
            transition()
            audit.save(update_fields=["state", *fields])
    except (TransitionNotAllowed, ConcurrentTransition) as refusal:
        values = {"audit": audit, "state": str(before).lower()}
        raise AuditRefused(_("%(audit)s is in state “%(state)s”: this cannot be done.") % values) from refusal
    ledger.record(verb=verb, subject=audit, actor=actor)
    return audit
