"""Keep certificates honest: find those due or hit by an advisory, vet them again, renew or send them to review."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import certificates, reviews
from certification.decisions import standing_against
from certification.enums import CertificateState, RevalidationState, RevalidationTrigger, ReviewKind
from certification.grounds import on_lost_waivers
from certification.models import Certificate, CriterionAnswer, Revalidation
from governance import ledger
from governance.vocabulary import Tier
from plugins.enums import RunState, Trigger, VersionState
from plugins.models import VettingRun
from plugins.services import RunRefused, request_run
from plugins.services.exposure import exposures
from plugins.services.storable import storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from certification.models.certificates import CertificateQuerySet
    from governance.models import User
    from plugins.models import PluginVersion

logger = logging.getLogger(__name__)

RUN_TRIGGER = {
    RevalidationTrigger.SCHEDULE: Trigger.SCHEDULE,
    RevalidationTrigger.ADVISORY: Trigger.ADVISORY,
    RevalidationTrigger.DETECTION: Trigger.DETECTION,
    RevalidationTrigger.EVENT: Trigger.EVENT,
}


@dataclass(frozen=True, slots=True)
class Due:
    """A certificate that has to be re-earned, and why."""

    certificate: Certificate
    trigger: RevalidationTrigger
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A certificate that could not be looked at or started: a fault of ours or of its data, for the operator."""

    certificate: Certificate
    reason: str


def plan(today: date, *, broken: list[Broken] | None = None) -> list[Due]:
    """What has to be revalidated: due by tier first, oldest first; then what a new advisory hits.

    What has run out is not: it is too late for renewal. What waits for a human is not either: the next run would only
    take the review out of their hands. What cannot be looked at stops nothing else; it is added to `broken`.
    """
    due = [
        Due(certificate, RevalidationTrigger.SCHEDULE, _("Due since %(day)s.") % {"day": certificate.revalidate_on})
        for certificate in _idle().due(today)
    ]
    listed = {entry.certificate.pk for entry in due}
    for certificate in on_lost_waivers(_idle().exclude(pk__in=listed)).order_by("pk"):
        due.append(Due(certificate, RevalidationTrigger.EVENT, _("A waiver it counted on has ended.")))
        listed.add(certificate.pk)
    return due + list(_hit(listed, [] if broken is None else broken))


def revalidate_due(*, today: date, actor: User | None = None, broken: list[Broken] | None = None) -> list[Revalidation]:
    """Start every revalidation of the plan; each commits by itself, so that one that cannot start stops no other.

    What breaks is logged, in the ledger, and added to `broken`.
    """
    broken = [] if broken is None else broken
    started = []
    for late in Certificate.objects.expired_at(timezone.now()).exclude(state=CertificateState.EXPIRED):
        with _contained(late, broken):
            certificates.note_expired(certificate=late)
    for due in plan(today, broken=broken):
        with _contained(due.certificate, broken), suppress(IntegrityError):  # another process has just started this one
            started.append(start(due=due, actor=actor))
    for fault in broken:
        _note_broken(fault, actor)
    return started


@contextmanager
def _contained(certificate: Certificate, broken: list[Broken]) -> Iterator[None]:
    """Let what breaks about one certificate stop no other."""
    try:
        yield
    except Exception as error:
        logger.exception("the revalidation of %s broke", certificate.serial)
        broken.append(Broken(certificate, f"{type(error).__name__}: {error}"[:1000]))


@transaction.atomic
def _note_broken(fault: Broken, actor: User | None) -> None:
    ledger.record(
        verb="revalidation.broken", subject=fault.certificate, actor=actor, details=storable({"reason": fault.reason})
    )


def revalidate_after(*, versions: Iterable[int], reason: str, actor: User | None = None) -> list[Revalidation]:
    """Start a revalidation of every certificate in force of these versions (ids), after something that happened."""
    started = []
    for certificate in _idle().filter(version__in=list(versions)).order_by("pk"):
        with suppress(IntegrityError), transaction.atomic():  # another process has just started this one
            started.append(start(due=Due(certificate, RevalidationTrigger.EVENT, reason), actor=actor))
    return started


@transaction.atomic
def start(*, due: Due, actor: User | None = None) -> Revalidation:
    """Queue the vetting run that decides about a renewal. One that cannot be queued is recorded as failed."""
    revalidation = Revalidation.objects.create(certificate=due.certificate, trigger=due.trigger, reason=due.reason)
    ledger.record(
        verb="revalidation.started",
        subject=due.certificate,
        actor=actor,
        details={"trigger": due.trigger, "reason": due.reason},
    )
    try:
        revalidation.run = request_run(version=due.certificate.version, actor=actor, trigger=RUN_TRIGGER[due.trigger])
        revalidation.save(update_fields=["run"])
    except RunRefused as refusal:
        _end(revalidation, RevalidationState.FAILED, str(refusal))
    return revalidation


@transaction.atomic
def start_for(*, version: PluginVersion, reason: str, actor: User | None = None) -> bool:
    """Have a version hit by a detection rule re-earn its certificate; False where none is in force or all are busy."""
    certificate = _idle().filter(version=version).order_by("-pk").first()
    if certificate is None:
        return False
    revalidation = start(due=Due(certificate, RevalidationTrigger.DETECTION, reason), actor=actor)
    return bool(revalidation.state == RevalidationState.RUNNING)


@transaction.atomic
def conclude(*, run: VettingRun) -> Revalidation | None:
    """Draw the consequence of a revalidation's run: renew where nothing asks for a human, else open a review.

    Returns None where the run belongs to no revalidation under way.
    """
    revalidation = Revalidation.objects.select_for_update().filter(run=run, state=RevalidationState.RUNNING).first()
    if revalidation is None:
        return None
    # Held until the end: a revocation that comes now must not be followed by a new certificate.
    old = revalidation.certificate = Certificate.objects.select_for_update().get(pk=revalidation.certificate_id)
    version = run.version
    concern = _concern(old, run)
    if not concern:
        try:
            revalidation.renewed_as = certificates.issue(version=version, run=run, decision=old.decision)
        except certificates.CertificateRefused as refusal:
            concern = str(refusal)
    if concern:
        version.enter_review()
        version.save(update_fields=["state"])
        kind = ReviewKind.ADVISORY if revalidation.trigger == RevalidationTrigger.ADVISORY else ReviewKind.RENEWAL
        reviews.open_review(run=run, kind=kind)
        _end(revalidation, RevalidationState.SENT_TO_REVIEW, concern)
        return revalidation
    version.reaffirm()
    version.save(update_fields=["state"])
    _end(revalidation, RevalidationState.RENEWED, _("Nothing new was found."))
    return revalidation


def _concern(certificate: Certificate, run: VettingRun) -> str:
    """Why a human has to look; empty where nothing speaks against renewal."""
    if certificate.current_state != CertificateState.ACTIVE:
        return _("The certificate is %(state)s.") % {"state": certificate.current_state.label.lower()}
    if run.state != RunState.PASSED or run.policy is None:
        return run.reason or _("The vetting run did not pass.")
    if Tier(run.tier).rank > Tier(certificate.tier).rank:
        return _("The risk tier rose from %(old)s to %(new)s.") % {"old": certificate.tier, "new": run.tier}
    if missed := standing_against(run, _answers(certificate, run)):
        return _("Criteria no longer met: %(codes)s.") % {"codes": ", ".join(blocker.code for blocker in missed)}
    return ""


def _answers(certificate: Certificate, run: VettingRun) -> list[CriterionAnswer]:
    """What the reviewer answered about these very bytes; under another policy the questions may be others."""
    decision = certificate.decision
    if decision is None or certificate.policy_id != run.policy_id or decision.review.version_id != run.version_id:
        return []
    return list(decision.review.answers.select_related("criterion"))


def _end(revalidation: Revalidation, state: RevalidationState, reason: str) -> None:
    move = {
        RevalidationState.RENEWED: revalidation.renew,
        RevalidationState.SENT_TO_REVIEW: revalidation.send_to_review,
        RevalidationState.FAILED: revalidation.fail,
    }[state]
    move()
    revalidation.reason = reason
    revalidation.finished_at = timezone.now()
    revalidation.save(update_fields=["state", "run", "renewed_as", "reason", "finished_at"])
    ledger.record(
        verb=f"revalidation.{state.replace('_', '-')}", subject=revalidation.certificate, details={"reason": reason}
    )


@transaction.atomic
def abandon(*, run: VettingRun) -> None:
    """The run of a revalidation broke for good: the certificate stays as it is and the failure is seen."""
    for revalidation in Revalidation.objects.filter(run=run, state=RevalidationState.RUNNING):
        _end(revalidation, RevalidationState.FAILED, run.reason)


def _idle() -> CertificateQuerySet:
    """Certificates in force that no revalidation and no reviewer is about."""
    running = Revalidation.objects.filter(state=RevalidationState.RUNNING).values("certificate_id")
    return (
        Certificate.objects.valid_at(timezone.now())
        .filter(version__state__in=[VersionState.APPROVED, VersionState.VETTING])
        .exclude(pk__in=running)
        .select_related("version__plugin", "version__artifact", "run")
    )


def _hit(listed: set[int], broken: list[Broken]) -> Iterator[Due]:
    idle = _idle().exclude(pk__in=listed)
    found = exposures(VettingRun.objects.filter(pk__in=idle.order_by().values("run_id")))
    for certificate in idle.filter(run__in=list(found)).order_by("pk"):
        exposure = found[certificate.run_id]
        if exposure.problem:
            broken.append(Broken(certificate, exposure.problem))
            continue
        shown = ", ".join(exposure.names[:5]) + (" …" if len(exposure.names) > 5 else "")  # noqa: PLR2004 - fits one line
        yield Due(certificate, RevalidationTrigger.ADVISORY, _("Hit by %(names)s.") % {"names": shown})
