"""What certification does when the apps below report something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from certification import automatic, revalidation, reviews
from certification.enums import ReviewKind
from plugins.signals import revalidation_wanted, run_concluded, run_errored, version_withdrawn

if TYPE_CHECKING:
    from governance.models import User
    from plugins.models import PluginVersion, VettingRun


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
    """A withdrawn version is nobody's work any more."""
    reviews.close_for_withdrawal(version=version, actor=actor)
