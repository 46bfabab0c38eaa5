"""Store and publish policy versions."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.models import Criterion, PolicyState, PolicyVersion
from governance.policies import PolicyRules, PublicRules, baseline

if TYPE_CHECKING:
    from governance.models import User

REVIEW_EVERY = timedelta(days=365)


class PolicyRefused(Exception):
    """The policy version cannot be published; the text says why and nothing was changed."""


def published_policy() -> PolicyVersion | None:
    """The policy version in force, if there is one."""
    return PolicyVersion.objects.published().first()


def published_rules() -> PolicyRules:
    """The rules in force; the baseline where none is published yet."""
    policy = published_policy()
    return PolicyRules.from_dict(policy.rules, validate=False) if policy else baseline()


def published_public_rules() -> PublicRules:
    """What the policy in force lets everybody see; only that part of it is read."""
    return PublicRules.from_dict(PolicyVersion.objects.published().values_list("rules__public", flat=True).first())


@transaction.atomic
def store_policy(*, rules: PolicyRules, actor: User | None = None) -> PolicyVersion:
    """Store rules as a draft, with a row for each criterion that decisions can cite."""
    policy = PolicyVersion.objects.create(
        version=rules.version,
        title=rules.title,
        summary=rules.summary,
        rules=rules.to_dict(),
        digest=rules.digest,
        review_by=(timezone.now() + REVIEW_EVERY).date(),
    )
    for position, rule in enumerate(rules.criteria):
        Criterion.objects.create(
            policy=policy,
            code=rule.code,
            title=rule.title,
            category=rule.category,
            statement=rule.statement,
            reason=rule.reason,
            kind=rule.kind,
            blocking=rule.blocking,
            remediation=rule.remediation,
            deadline_days=rule.deadline_days,
            mapping=[{"framework": entry.framework, "reference": entry.reference} for entry in rule.mapping],
            position=position,
        )
    ledger.record(verb="policy.stored", subject=policy, actor=actor, details={"digest": policy.digest})
    return policy


@transaction.atomic
def publish_policy(*, policy: PolicyVersion, actor: User | None = None) -> PolicyVersion:
    """Put a draft or reviewed version in force and retire the one before.

    Raises:
        PolicyRefused: it is or was in force already, or somebody else has just published it.
    """
    if policy.state == PolicyState.DRAFT:
        policy.send_to_review()
    before = policy.get_state_display().lower()
    for current in PolicyVersion.objects.published().select_for_update():
        current.retire()
        current.save(update_fields=["state"])
        ledger.record(verb="policy.retired", subject=current, actor=actor)
    try:
        policy.publish()
        policy.published_at = timezone.now()
        policy.effective_on = policy.effective_on or policy.published_at.date()
        policy.save(update_fields=["state", "published_at", "effective_on"])
    except ConcurrentTransition as late:
        raise PolicyRefused(
            _("Somebody else has just changed %(policy)s. Reload the page.") % {"policy": policy}
        ) from late
    except TransitionNotAllowed as refusal:
        raise PolicyRefused(_("A version that is %(state)s cannot be published.") % {"state": before}) from refusal
    ledger.record(verb="policy.published", subject=policy, actor=actor, details={"digest": policy.digest})
    return policy


@transaction.atomic
def load_baseline() -> PolicyVersion:
    """Store and publish the baseline where no policy is in force yet; else return the one in force.

    A baseline that came with a newer release is stored as a draft beside it: only people put a new one in force.
    """
    current = published_policy()
    if current is None:
        return publish_policy(policy=store_policy(rules=baseline()))
    if not PolicyVersion.objects.filter(version=baseline().version).exists():
        store_policy(rules=baseline())
    return current
