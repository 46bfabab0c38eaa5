"""What ends a review: approve, request changes or reject, each with its reason and the criteria it cites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import certificates
from certification.enums import DecisionOutcome, ReasonClass
from certification.grounds import lost_grounds
from certification.models import Decision, Review
from certification.reviews import ReviewRefused, lock, require_reviewer
from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.policies import PolicyRules
from governance.policies.evaluation import CriterionOutcome, Outcome
from governance.policies.evaluation import blockers as policy_blockers
from governance.vocabulary import Tier
from plugins.enums import RunState, Standing
from plugins.services import set_standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from certification.models import CriterionAnswer
    from governance.models import Criterion, User
    from plugins.models import VettingRun


class DecisionRefused(Exception):
    """The decision cannot be taken; the text says why and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands against approval."""

    code: str
    title: str
    why: str
    remediation: str = ""


def blockers(review: Review) -> list[Blocker]:
    """What stands against approving: the run's own verdict, and blocking criteria not met or unanswered.

    A reviewer's answer to a manual or attestation criterion replaces the run's.
    """
    return standing_against(review.run, review.answers.select_related("criterion"))


def standing_against(run: VettingRun, answers: Iterable[CriterionAnswer]) -> list[Blocker]:
    """What stands against certifying what a run saw, given the answers of a reviewer; the same for a renewal."""
    if run.policy is None or run.report is None:
        return [Blocker("run", _("No evidence"), _("The vetting run holds no report, or was made without a policy."))]
    found = []
    if run.state == RunState.INCONCLUSIVE:
        found.append(Blocker("run", _("Vetting was inconclusive"), run.reason))
    elif run.state != RunState.PASSED:
        found.append(Blocker("run", _("Vetting did not pass"), run.reason))
    if lost := lost_grounds(run):
        found.append(Blocker("run", _("Vetting is out of date"), lost, _("Have the version vetted again.")))
    rules = PolicyRules.from_dict(run.policy.rules, validate=False)
    for outcome in policy_blockers(rules, _outcomes(run, answers)):
        rule = rules.criterion(outcome.code)
        found.append(Blocker(rule.code, rule.title, outcome.explanation, rule.remediation))
    return found


def _outcomes(run: VettingRun, answers: Iterable[CriterionAnswer]) -> list[CriterionOutcome]:
    given = {answer.criterion.code: answer for answer in answers}
    rows = run.criteria.select_related("criterion")
    return [
        CriterionOutcome(
            row.criterion.code,
            Outcome(given[row.criterion.code].outcome if row.criterion.code in given else row.outcome),
            given[row.criterion.code].note if row.criterion.code in given else row.explanation,
        )
        for row in rows
    ]


@transaction.atomic
def decide(
    *,
    review: Review,
    actor: User,
    outcome: DecisionOutcome,
    reason: str,
    criteria: Sequence[Criterion],
    conditions: str = "",
) -> Decision:
    """Record a reviewer's decision; state, certificate and ledger commit together or not at all.

    Raises:
        DecisionRefused: the actor may not decide, something blocks approval or signing, reason or criteria are missing,
            or somebody else decided first.
    """
    lock(review)
    try:
        require_reviewer(review=review, actor=actor)
    except ReviewRefused as refusal:
        raise DecisionRefused(str(refusal)) from refusal
    _demand_grounds(review, actor, reason, criteria)
    if outcome == DecisionOutcome.APPROVE and (standing := blockers(review)):
        names = ", ".join(
            blocker.title if blocker.code == "run" else f"{blocker.code} {blocker.title}" for blocker in standing
        )
        raise DecisionRefused(_("Approval is blocked by: %(names)s.") % {"names": names})
    decision = Decision.objects.create(
        review=review,
        outcome=outcome,
        reason=reason.strip(),
        conditions=conditions.strip(),
        decided_by=actor,
        decided_at=timezone.now(),
    )
    decision.criteria.set(criteria)
    ledger.record(
        verb=f"decision.{outcome.replace('_', '-')}",
        subject=review,
        actor=actor,
        details={"reason": decision.reason, "criteria": [criterion.code for criterion in criteria]},
    )
    try:
        _apply(decision, actor)
    except (TransitionNotAllowed, ConcurrentTransition) as late:
        raise DecisionRefused(_("Somebody else decided first. Reload the page.")) from late
    except certificates.CertificateRefused as refusal:
        raise DecisionRefused(str(refusal)) from refusal
    return decision


def _demand_grounds(review: Review, actor: User, reason: str, criteria: Sequence[Criterion]) -> None:
    if not actor.has_perm("certification.decide_review"):
        raise DecisionRefused(_("Only reviewers may decide."))
    if not reason.strip():
        raise DecisionRefused(_("A decision needs its reason."))
    if not criteria:
        raise DecisionRefused(_("A decision cites at least one criterion."))
    if any(criterion.policy_id != review.run.policy_id for criterion in criteria):
        raise DecisionRefused(_("The criteria belong to another policy version."))
    if review.decisions.filter(decided_by=actor).exists():
        raise DecisionRefused(_("You have decided here already: the second approval is another person's."))


def _apply(decision: Decision, actor: User) -> None:
    review, version = decision.review, decision.review.version
    if decision.outcome == DecisionOutcome.APPROVE and review.decisions.count() < approvals_needed(review):
        review.await_second_approval()
        review.save(update_fields=["state"])
        return
    review.decide()
    review.decided_at = decision.decided_at
    review.save(update_fields=["state", "decided_at"])
    match decision.outcome:
        case DecisionOutcome.APPROVE:
            version.approve()
        case DecisionOutcome.REQUEST_CHANGES:
            version.request_changes()
        case _:
            version.reject()
    version.save(update_fields=["state"])
    if decision.outcome == DecisionOutcome.APPROVE:
        certificates.issue(version=version, run=review.run, decision=decision, actor=actor)
    elif decision.outcome == DecisionOutcome.REJECT:
        certificates.revoke_live(version=version, actor=actor, reason=decision.reason, reason_class=ReasonClass.POLICY)
        set_standing(
            plugin=version.plugin, standing=certificates.standing_of(version.plugin, Standing.REFUSED), actor=actor
        )


def approvals_needed(review: Review) -> int:
    """How many persons have to approve, by the tier of the run."""
    run = review.run
    if run.policy is None:
        return 2
    rules = PolicyRules.from_dict(run.policy.rules, validate=False)
    return rules.tiers[Tier(run.tier)].approvals_needed
