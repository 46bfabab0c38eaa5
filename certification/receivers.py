"""What certification does when the apps below report something."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from certification import automatic, certificates, revalidation, reviews, status_lists
from certification.enums import ReasonClass, ReviewKind
from certification.signals import trust_root_published
from governance import ledger
from plugins.enums import FileVerdict, RulingState, Trigger, VersionState
from plugins.models import Finding, PluginVersion
from plugins.services import RunRefused, request_run
from plugins.signals import (
    file_decided,
    revalidation_wanted,
    run_concluded,
    run_errored,
    version_withdrawn,
    waiver_ended,
)

if TYPE_CHECKING:
    from governance.models import User
    from plugins.models import FileDecision, VettingRun, Waiver

logger = logging.getLogger(__name__)

UNDER_REVIEW = (VersionState.IN_REVIEW, VersionState.CHANGES_REQUESTED)
BLOCKABLE = (*UNDER_REVIEW, VersionState.APPROVED, VersionState.QUARANTINED)


@receiver(run_concluded, dispatch_uid="certification.review_or_renew")
def review_or_renew(run: VettingRun, **_kwargs: Any) -> None:
    """A revalidation's run decides about the renewal; any other opens a review, and may be all that it takes."""
    if revalidation.conclude(run=run) is None:
        known = run.version.certificates.exists()
        review = reviews.open_review(run=run, kind=ReviewKind.RENEWAL if known else ReviewKind.INITIAL)
        automatic.certify_automatically(review=review)


@receiver(run_errored, dispatch_uid="certification.abandon_revalidation")
def abandon_revalidation(run: VettingRun, **_kwargs: Any) -> None:
    """A revalidation whose run broke is shown as failed."""
    revalidation.abandon(run=run)


@receiver(revalidation_wanted, dispatch_uid="certification.revalidate_hit")
def revalidate_hit(version: PluginVersion, actor: User, reason: str, **_kwargs: Any) -> bool:
    """A certified version that a detection rule hits re-earns its certificate."""
    return revalidation.start_for(version=version, reason=reason, actor=actor)


@receiver(version_withdrawn, dispatch_uid="certification.close_reviews")
def close_reviews(version: PluginVersion, actor: User, **_kwargs: Any) -> None:
    """A withdrawn version is nobody's work any more, and platforms are asked not to run it: nobody vets it again."""
    reviews.close_for_withdrawal(version=version, actor=actor)
    certificates.suspend_live(
        version=version,
        actor=actor,
        reason=_("The owner has withdrawn the version."),
        reason_class=ReasonClass.OWNER_REQUEST,
    )


@receiver(trust_root_published, dispatch_uid="certification.sign_anew")
def sign_anew(**_kwargs: Any) -> None:
    """Checkpoint and status list of the keys before are signed anew, so that new bundles rest on those in force."""
    if ledger.latest_checkpoint() is not None:
        try:
            ledger.make_checkpoint()
        except ledger.LedgerError as refusal:
            logger.critical("no checkpoint can be made with the new keys: %s", refusal)
    status_lists.sign_anew()


@receiver(waiver_ended, dispatch_uid="certification.revalidate_without_waiver")
def revalidate_without_waiver(waiver: Waiver, actor: User | None, **_kwargs: Any) -> None:
    """What was certified counting on a waiver is vetted without it."""
    _revalidate_counting_on(str(waiver), actor)


@receiver(file_decided, dispatch_uid="certification.act_on_file")
def act_on_file(decision: FileDecision, versions: list[int], actor: User | None, **_kwargs: Any) -> None:
    """A blocked file suspends what ships it at once; what somebody decides about is vetted again."""
    holds = decision.state == RulingState.ACTIVE
    blocks = holds and decision.verdict == FileVerdict.BLOCK
    concerned = PluginVersion.objects.filter(pk__in=versions).select_related("plugin")
    for version in concerned:
        if blocks:  # whatever its state: one that is being vetted again may be certified all the while
            certificates.suspend_live(
                version=version,
                actor=actor,
                reason=f"{decision}: {decision.reason}",
                reason_class=ReasonClass.POLICY,
            )
        if version.state not in (BLOCKABLE if blocks else UNDER_REVIEW):
            continue
        with suppress(RunRefused):  # a run is under way; one that does not know the decision is no ground to certify
            request_run(version=version, actor=actor, trigger=Trigger.FILE)
    if not holds:
        _revalidate_counting_on(str(decision), actor)


def _revalidate_counting_on(name: str, actor: User | None) -> None:
    """Revalidate what was certified with findings left out for a waiver or an allowed file of that name."""
    versions = Finding.objects.filter(waiver=name).values_list("run__version_id", flat=True).distinct()
    revalidation.revalidate_after(versions=versions, reason=_("%(name)s has ended.") % {"name": name}, actor=actor)
