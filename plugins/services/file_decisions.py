"""Decisions about files, by their bytes: blocked or allowed in every plugin that ships them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from plugins.enums import FileVerdict, RulingState
from plugins.interests import owner_of
from plugins.models import FileDecision, Plugin, VersionFile
from plugins.signals import file_decided

if TYPE_CHECKING:
    from datetime import date

    from governance.models import User

DECIDE = "plugins.decide_file"
LONGEST_DAYS = 365
"""The most days an allowance may hold: what is looked away from is looked at again within a year."""


class FileDecisionRefused(Exception):
    """A file cannot be decided about so; the text says why."""


@transaction.atomic
def decide_file(
    *, sha256: str, verdict: FileVerdict, actor: User, reason: str, ends_on: date | None = None
) -> FileDecision:
    """Block a file, which holds at once, or propose to allow it, which another person has to confirm.

    Raises:
        FileDecisionRefused: the actor may not, or digest, reason or end do not do, or it is decided already.
    """
    _demand(actor, reason)
    today = timezone.localdate()
    if verdict == FileVerdict.ALLOW and (ends_on is None or (ends_on - today).days > LONGEST_DAYS):
        raise FileDecisionRefused(_("A file is allowed until a day within %(days)s days.") % {"days": LONGEST_DAYS})
    if ends_on is not None and ends_on < today:
        raise FileDecisionRefused(_("The last day lies in the past."))
    decision = FileDecision(
        sha256=sha256.strip().lower(), verdict=verdict, reason=reason.strip(), ends_on=ends_on, requested_by=actor
    )
    try:
        decision.clean_fields(exclude=["state"])
        with transaction.atomic():
            decision.save()
    except ValidationError as invalid:
        raise FileDecisionRefused(" ".join(invalid.messages)) from invalid
    except IntegrityError as clash:
        raise FileDecisionRefused(_("This file is decided about already; end that decision first.")) from clash
    _record(decision, "proposed", actor, decision.reason)
    if verdict == FileVerdict.BLOCK:
        decision.decided_by = actor
        _move(decision, "activate", actor, decision.reason)
    return decision


@transaction.atomic
def confirm(*, decision: FileDecision, actor: User) -> FileDecision:
    """The second person agrees that a file is allowed.

    Raises:
        FileDecisionRefused: it is the actor's own proposal, a plugin of theirs ships the file, or nothing waits.
    """
    _demand(actor, "-")
    if decision.requested_by_id == actor.pk:
        raise FileDecisionRefused(_("Who proposes it never confirms it: four eyes."))
    shipping = Plugin.objects.filter(versions__files__sha256=decision.sha256).distinct()
    if any(owner_of(actor, plugin) for plugin in shipping):
        raise FileDecisionRefused(_("A plugin of your team ships this file: nobody decides about their own."))
    decision.decided_by = actor
    _move(decision, "activate", actor, decision.reason)
    return decision


@transaction.atomic
def end(*, decision: FileDecision, actor: User | None, reason: str) -> FileDecision:
    """Decline a proposal, or end a decision that holds. `actor` None: its time has run out.

    Raises:
        FileDecisionRefused: the actor may not, gives no reason, or it has ended already.
    """
    if actor is not None:
        _demand(actor, reason)
    _move(decision, "end", actor, reason.strip())
    return decision


def end_run_out(*, today: date) -> int:
    """End those whose last day is over; gives how many."""
    late = FileDecision.objects.filter(state__in=[RulingState.PROPOSED, RulingState.ACTIVE], ends_on__lt=today)
    rows = list(late.order_by("pk"))
    for decision in rows:
        end(decision=decision, actor=None, reason=_("Its last day is over."))
    return len(rows)


def shipping(sha256: str) -> list[int]:
    """Ids of the versions that ship these bytes."""
    found = VersionFile.objects.filter(sha256=sha256).order_by("version_id")
    return list(found.values_list("version_id", flat=True).distinct())


def _demand(actor: User, reason: str) -> None:
    if not actor.has_perm(DECIDE):
        raise FileDecisionRefused(_("Only lead reviewers decide about files."))
    if not reason.strip():
        raise FileDecisionRefused(_("A decision needs its reason."))


def _move(decision: FileDecision, name: str, actor: User | None, reason: str) -> None:
    held = decision.state == RulingState.ACTIVE
    try:
        getattr(decision, name)()
        decision.save()
    except (TransitionNotAllowed, ConcurrentTransition) as late:
        raise FileDecisionRefused(_("The decision has moved on meanwhile. Reload the page.")) from late
    _record(decision, "activated" if name == "activate" else "ended", actor, reason)
    if held or name == "activate":
        file_decided.send(sender=FileDecision, decision=decision, versions=shipping(decision.sha256), actor=actor)


def _record(decision: FileDecision, what: str, actor: User | None, reason: str) -> None:
    ledger.record(
        verb=f"file-decision.{what}",
        subject=decision,
        actor=actor,
        details={"sha256": decision.sha256, "verdict": decision.verdict, "reason": reason},
    )
