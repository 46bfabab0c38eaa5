"""A version's situation in plain words: where it stands, whose turn it is, what the owner can do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from plugins.enums import RUN_OPEN, RunState, VersionState

if TYPE_CHECKING:
    from datetime import date, datetime

    from plugins.models import PluginVersion, VettingRun
    from plugins.portal.outlook import CertificateNote, Outlook, ReviewNote


@dataclass(frozen=True, slots=True)
class Situation:
    """One sentence about where a version stands, one about what is asked of the owner, and a badge's tone."""

    headline: str
    ask: str = ""
    tone: str = "info"
    yours: bool = False
    """Whether it is the owner's turn."""


def day(value: date | datetime) -> str:
    """A day as people write it: 26 Nov 2026."""
    if hasattr(value, "hour"):
        value = timezone.localtime(value)  # type: ignore[arg-type]
    return formats.date_format(value, "j M Y")


def situation_of(
    version: PluginVersion, run: VettingRun | None, outlook: Outlook, *, blocked: bool = False
) -> Situation:
    """Where a version stands, from its state, its newest run and what certification knows.

    `blocked` says that something stands against a certificate which only the owner can fix.
    """
    if version.state == VersionState.APPROVED and not (run and run.state in RUN_OPEN):
        return _approved(outlook.certificate)
    return _before_certificate(version, run, outlook.review, blocked=blocked)


def situation_in_brief(
    version: PluginVersion | None,
    run: VettingRun | None,
    review: ReviewNote | None,
    certified_until: datetime | None,
    *,
    blocked: bool = False,
) -> Situation:
    """The same for a list: from what can be fetched for many versions at once."""
    if version is None:
        return Situation(_("No version yet."), _("Submit its first version."), "muted", yours=True)
    if version.state == VersionState.APPROVED and not (run and run.state in RUN_OPEN):
        if certified_until:
            return Situation(_("Certified."), _("Nothing is asked of you."), "good")
        return Situation(_("Approved, but no certificate is in force."), _("Open it to see why."), "warn", yours=True)
    return _before_certificate(version, run, review, blocked=blocked)


def _before_certificate(
    version: PluginVersion, run: VettingRun | None, review: ReviewNote | None, *, blocked: bool
) -> Situation:
    if run is not None and run.state in RUN_OPEN:
        return under_way(run)
    if run is not None and run.state == RunState.ERRORED and version.state == VersionState.VETTING:
        return _broken()
    if version.state == VersionState.IN_REVIEW:
        waiting = _in_review(review)
        return replace(waiting, ask=_fix_first(), tone="warn", yours=True) if blocked else waiting
    return _settled(version)


def _fix_first() -> str:
    return _(
        "It cannot be certified like this. Submit a version that fixes what blocks it: it keeps the place in the queue."
    )


def under_way(run: VettingRun) -> Situation:
    """What to say while a run waits or works."""
    if run.state == RunState.QUEUED:
        return Situation(_("Waiting for a vetting worker."), _("Nothing is asked of you: it starts by itself."))
    return Situation(_("Being vetted now."), _("Nothing is asked of you: this takes about a minute."))


def _broken() -> Situation:
    return Situation(
        _("Vetting broke before it could finish."),
        _("That is our fault and says nothing about your plugin. Start it again."),
        "warn",
        yours=True,
    )


def _in_review(review: ReviewNote | None) -> Situation:
    if review is None:
        return Situation(_("Waiting for a reviewer."), _("Nothing is asked of you."))
    due = day(review.due_on)
    late = " " + _("It is overdue; that is our turn, not yours.") if review.overdue else ""
    nothing = _("Nothing is asked of you.") + late
    if review.state == "second_approval":
        return Situation(_("One reviewer has approved, a second one has to, due %(day)s.") % {"day": due}, nothing)
    if review.reviewer:
        who = {"who": review.reviewer, "day": due}
        return Situation(_("%(who)s is reviewing it, due %(day)s.") % who, nothing)
    if review.place:
        where = {"place": review.place, "day": due}
        return Situation(_("Waiting for a reviewer: place %(place)s in the queue, due %(day)s.") % where, nothing)
    return Situation(_("Waiting for a reviewer, due %(day)s.") % {"day": due}, nothing)


def _approved(certificate: CertificateNote | None) -> Situation:
    if certificate is None:
        return Situation(
            _("Approved; no certificate has been issued."), _("Ask the reviewers why."), "warn", yours=True
        )
    until = {"day": day(certificate.not_after)}
    match certificate.state:
        case "active":
            return Situation(_("Certified until %(day)s.") % until, _("Nothing is asked of you."), "good")
        case "suspended":
            return Situation(
                _("Its certificate is suspended."),
                _("The platform does not run it for now."),
                "warn",
            )
        case "expired":
            return Situation(
                _("Its certificate ran out on %(day)s.") % until,
                _("Submit a newer version, or ask the reviewers to renew it."),
                "warn",
                yours=True,
            )
        case "revoked":
            return Situation(_("Its certificate was revoked."), _("Submit a fixed version."), "bad", yours=True)
    return Situation(_("Its certificate was replaced by a newer one."), "", "muted")


def _settled(version: PluginVersion) -> Situation:
    match version.state:
        case VersionState.CHANGES_REQUESTED:
            return Situation(
                _("Changes are requested."),
                _("Submit a fixed version: it keeps its place in the queue."),
                "warn",
                yours=True,
            )
        case VersionState.REJECTED:
            return Situation(
                _("Rejected."),
                _("A new version may be submitted; the decision says what has to change."),
                "bad",
                yours=True,
            )
        case VersionState.QUARANTINED:
            return Situation(
                _("Set aside while something serious is looked into."),
                _("Nothing is asked of you; the reviewers will say more."),
                "worst",
            )
        case VersionState.WITHDRAWN:
            return Situation(_("You took it back."), _("Submit a new version whenever you like."), "muted")
    return Situation(_("Taken in; vetting starts by itself."), _("Nothing is asked of you."))
