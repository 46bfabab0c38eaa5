"""Action plans: agreed on while the audit is open, then carried out, reported and confirmed by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from audits.campaigns import AuditRefused
from audits.enums import AuditState
from audits.evidence import FROZEN
from audits.models import ActionPlan, Audit
from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from audits.models import AuditFinding
    from governance.models import User


@transaction.atomic
def plan_action(
    *, finding: AuditFinding, actor: User, action: str, owner: User, deadline: date, outcome: str
) -> ActionPlan:
    """Agree on an action: what, who, until when, and how one will know that it worked.

    Raises:
        AuditRefused: the actor may not, the report is issued, or a part is missing.
    """
    _demand_plannable(finding, actor, "audits.add_actionplan", action, outcome)
    plan = ActionPlan.objects.create(
        finding=finding, action=action.strip(), owner=owner, deadline=deadline, outcome=outcome.strip()
    )
    ledger.record(
        verb="action.planned", subject=plan, actor=actor,
        details={"audit": finding.audit_id, "owner": owner.pk, "deadline": deadline.isoformat()},
    )  # fmt: skip
    return plan


@transaction.atomic
def change_action(
    *, plan: ActionPlan, actor: User, action: str, owner: User, deadline: date, outcome: str
) -> ActionPlan:
    """Rewrite an action plan while its audit's report is not issued. Raises AuditRefused."""
    _demand_plannable(plan.finding, actor, "audits.change_actionplan", action, outcome)
    plan.action, plan.owner, plan.deadline, plan.outcome = action.strip(), owner, deadline, outcome.strip()
    plan.save(update_fields=["action", "owner", "deadline", "outcome"])
    ledger.record(verb="action.changed", subject=plan, actor=actor, details={"audit": plan.finding.audit_id})
    return plan


@transaction.atomic
def report_done(*, plan: ActionPlan, actor: User) -> ActionPlan:
    """Its owner, or an auditor, says that it is done. Raises AuditRefused."""
    if actor.pk != plan.owner_id and not actor.has_perm("audits.change_actionplan"):
        raise AuditRefused(_("Only its owner or an auditor may report an action done."))
    return _move(plan, plan.report_done, "action.reported-done", actor)


@transaction.atomic
def confirm(*, plan: ActionPlan, actor: User) -> ActionPlan:
    """An auditor has seen that it is done; nobody confirms an action of their own.

    Raises:
        AuditRefused: the actor may not, owns the action, or it has not been reported done.
    """
    _demand_auditor(plan, actor)
    if actor.pk == plan.owner_id:
        raise AuditRefused(_("Nobody confirms an action of their own."))
    return _move(plan, plan.confirm, "action.confirmed", actor)


@transaction.atomic
def reopen(*, plan: ActionPlan, actor: User) -> ActionPlan:
    """It was not done after all. Raises AuditRefused."""
    _demand_auditor(plan, actor)
    return _move(plan, plan.reopen, "action.reopened", actor)


def _demand_plannable(finding: AuditFinding, actor: User, permission: str, action: str, outcome: str) -> None:
    if not actor.has_perm(permission):
        raise AuditRefused(_("You may not plan actions."))
    state = Audit.objects.select_for_update().values_list("state", flat=True).get(pk=finding.audit_id)
    if state in FROZEN:
        raise AuditRefused(_("The report is issued: its action plans stand."))
    if not action.strip() or not outcome.strip():
        raise AuditRefused(_("An action plan says what is done and how one will know that it worked."))


def _demand_auditor(plan: ActionPlan, actor: User) -> None:
    if not actor.has_perm("audits.change_actionplan"):
        raise AuditRefused(_("Only auditors may do this."))
    if plan.finding.audit.state == AuditState.CLOSED:
        raise AuditRefused(_("This audit is closed."))


def _move(plan: ActionPlan, transition: Callable[[], None], verb: str, actor: User) -> ActionPlan:
    before = plan.get_state_display()
    try:
        with transaction.atomic():
            transition()
            plan.save(update_fields=["state"])
    except (TransitionNotAllowed, ConcurrentTransition) as refusal:
        raise AuditRefused(_("This action is in state “%(state)s”.") % {"state": before}) from refusal
    ledger.record(verb=verb, subject=plan, actor=actor, details={"audit": plan.finding.audit_id})
    return plan
