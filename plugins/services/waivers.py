"""Waivers: asked for, decided by another person, moved by the calendar."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.services import published_rules
from governance.vocabulary import Severity
from plugins.checks.base import NEVER_WAIVED
from plugins.enums import Trigger, VersionState, WaiverState
from plugins.interests import owner_of
from plugins.models import Finding, PluginVersion, Waiver
from plugins.services.runs import RunRefused, request_run
from plugins.signals import waiver_ended

if TYPE_CHECKING:
    from datetime import date

    from governance.models import User
    from governance.policies import PolicyRules
    from plugins.models import Issue

WAITING = (VersionState.IN_REVIEW, VersionState.CHANGES_REQUESTED)
PROPOSE, DECIDE = "plugins.propose_waiver", "plugins.decide_waiver"


class WaiverRefused(Exception):
    """A waiver cannot be asked for or moved; the text says why."""


def why_not(issue: Issue, *, rules: PolicyRules | None = None) -> str:
    """Why an issue cannot be waived at all, in a sentence; empty where it can."""
    if issue.check_code in NEVER_WAIVED:
        return _("What the check %(check)s finds is put right, not waived.") % {"check": issue.check_code}
    if not (rules or published_rules()).waivers.allows(issue.check_code, issue.rule):
        return _("The policy lets nobody waive %(rule)s.") % {"rule": f"{issue.check_code}/{issue.rule}"}
    return ""


def longest(finding: Finding | None, *, rules: PolicyRules | None = None) -> int:
    """The most days a waiver of a finding may hold, its first and last day included."""
    severity = Severity(finding.severity) if finding else Severity.CRITICAL
    return (rules or published_rules()).waivers.max_days[severity]


@transaction.atomic
def propose(
    *, issue: Issue, actor: User, reason: str, ends_on: date, starts_on: date | None = None, measures: str = ""
) -> Waiver:
    """Ask for a waiver, as an owner of the plugin or a reviewer.

    Raises:
        WaiverRefused: the actor may not, the issue cannot be waived, has one already, or the dates do not do.
    """
    if not (actor.has_perm(PROPOSE) or owner_of(actor, issue.plugin)):
        raise WaiverRefused(_("Only reviewers and the owners of the plugin ask for waivers."))
    if not reason.strip():
        raise WaiverRefused(_("A waiver needs its reason."))
    if refusal := why_not(issue):
        raise WaiverRefused(refusal)
    today = timezone.localdate()
    start = starts_on or today
    days = longest(issue.findings.order_by("-pk").first())
    if start < today or ends_on < start:
        raise WaiverRefused(_("A waiver begins today or later and ends on its first day or later."))
    if (ends_on - start).days + 1 > days:
        raise WaiverRefused(_("The policy lets this be waived for at most %(days)s days.") % {"days": days})
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                issue=issue,
                reason=reason.strip(),
                measures=measures.strip(),
                starts_on=start,
                ends_on=ends_on,
                requested_by=actor,
            )
    except IntegrityError as clash:
        raise WaiverRefused(_("There is a waiver for this issue already; end it first.")) from clash
    ledger.record(
        verb="waiver.proposed", subject=waiver, actor=actor, details={"issue": issue.pk, "ends_on": ends_on.isoformat()}
    )
    return waiver


@transaction.atomic
def decide(*, waiver: Waiver, actor: User, approve: bool, words: str) -> Waiver:
    """Approve or decline a proposal; an approved one is active at once if its first day has come.

    Raises:
        WaiverRefused: it is the actor's own proposal or plugin, or it is not open any more.
    """
    if not actor.has_perm(DECIDE):
        raise WaiverRefused(_("Only lead reviewers decide waivers."))
    if waiver.requested_by_id == actor.pk:
        raise WaiverRefused(_("Who asks for a waiver never approves it: four eyes."))
    if owner_of(actor, waiver.issue.plugin):
        raise WaiverRefused(_("You belong to the team that owns this plugin: nobody decides about their own."))
    if not words.strip():
        raise WaiverRefused(_("A decision needs its reason."))
    today = timezone.localdate()
    if approve and waiver.ends_on < today:
        raise WaiverRefused(_("Its last day is over."))
    if approve and (refusal := why_not(waiver.issue)):
        raise WaiverRefused(refusal)
    waiver.decided_by, waiver.decided_at, waiver.outcome = actor, timezone.now(), words.strip()
    _move(waiver, "approve" if approve else "decline", actor)
    if approve and waiver.starts_on <= today:
        _begin(waiver, actor)
    return waiver


@transaction.atomic
def revoke(*, waiver: Waiver, actor: User, words: str) -> Waiver:
    """Take an approved waiver back: the finding counts again.

    Raises:
        WaiverRefused: the actor may not, gives no reason, or it does not hold.
    """
    if not actor.has_perm(DECIDE):
        raise WaiverRefused(_("Only lead reviewers decide waivers."))
    if not words.strip():
        raise WaiverRefused(_("A decision needs its reason."))
    counted = waiver.state == WaiverState.ACTIVE
    waiver.decided_by, waiver.decided_at, waiver.outcome = actor, timezone.now(), words.strip()
    _move(waiver, "revoke", actor)
    if counted:
        waiver_ended.send(sender=Waiver, waiver=waiver, actor=actor)
    return waiver


@transaction.atomic
def withdraw(*, waiver: Waiver, actor: User) -> Waiver:
    """Take one's own proposal back.

    Raises:
        WaiverRefused: it is somebody else's, or decided already.
    """
    if waiver.requested_by_id != actor.pk:
        raise WaiverRefused(_("Only who asked for it takes it back."))
    _move(waiver, "withdraw", actor)
    return waiver


def keep_calendar(*, today: date) -> int:
    """Begin and end what is due; gives how many were moved. Each commits by itself."""
    moved = 0
    for pk in Waiver.objects.due(today).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            waiver = Waiver.objects.select_for_update().filter(pk=pk).first()
            if waiver is None:
                continue
            counted = waiver.state == WaiverState.ACTIVE
            with suppress(WaiverRefused):  # somebody else moved it meanwhile
                if waiver.ends_on >= today:
                    _begin(waiver, None)
                else:
                    _move(waiver, "expire", None)
                    if counted:
                        waiver_ended.send(sender=Waiver, waiver=waiver, actor=None)
                moved += 1
    return moved


def _begin(waiver: Waiver, actor: User | None) -> None:
    """It holds from now on: versions somebody decides about are looked at anew."""
    _move(waiver, "activate", actor)
    found = Finding.objects.filter(issue=waiver.issue_id).values("run__version_id")
    waiting = PluginVersion.objects.filter(state__in=WAITING, pk__in=found)
    for version in waiting.select_related("plugin"):
        with suppress(RunRefused):  # a run is under way already, and counts it
            request_run(version=version, actor=actor, trigger=Trigger.WAIVER)


def _move(waiver: Waiver, name: str, actor: User | None) -> None:
    try:
        getattr(waiver, name)()
        waiver.save()
    except (TransitionNotAllowed, ConcurrentTransition) as late:
        state = waiver.get_state_display().lower()
        raise WaiverRefused(_("The waiver is %(state)s; that cannot be done now.") % {"state": state}) from late
    verb = {"approve": "approved", "decline": "declined", "activate": "activated", "withdraw": "withdrawn"}
    ledger.record(
        verb=f"waiver.{verb.get(name, name + 'd')}",
        subject=waiver,
        actor=actor,
        details={"issue": waiver.issue_id, "ends_on": waiver.ends_on.isoformat()},
    )
