"""What certification tells the owner portal: reviews, decisions, answers and certificates of a version."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from certification.enums import REVIEW_OPEN, CertificateState, ReviewState
from certification.models import Certificate, CriterionAnswer, Decision, Review
from plugins.portal.outlook import (
    AnswerNote,
    CertificateNote,
    CitedCriterion,
    DecisionNote,
    Outlook,
    ReviewNote,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plugins.models import Plugin, PluginVersion


def live_certificate(now: datetime) -> Exists:
    """Whether a plugin, `OuterRef("pk")`, has a certificate that has not run out; see `plugins.standing`."""
    return Exists(Certificate.objects.live_at(now).filter(version__plugin=OuterRef("pk")))


SHOWN = 50
"""Certificates listed for one plugin."""


class CertificationOutlook:
    """Answers the portal's questions; see `plugins.portal.outlook.Provider`."""

    def of_version(self, version: PluginVersion, now: datetime) -> Outlook:
        """Everything about one version: at most six queries."""
        reviews = list(
            Review.objects.filter(version=version)
            .select_related("reviewer", "run")
            .defer("run__report", "run__progress")
        )
        pending = next((review for review in reviews if review.state in REVIEW_OPEN), None)
        newest = max(reviews, key=lambda review: review.pk, default=None)
        return Outlook(
            review=_review_note(pending, now, place=_place(pending)) if pending else None,
            answers=_answers(newest) if newest else {},
            decisions=_decisions(version),
            certificates=tuple(
                _certificate_note(row, now) for row in version.certificates.select_related("version").defer("envelope")
            ),
        )

    def of_plugin(self, plugin: Plugin, now: datetime) -> tuple[CertificateNote, ...]:
        """The newest certificates of all versions of a plugin."""
        rows = Certificate.objects.filter(version__plugin=plugin).select_related("version").defer("envelope")
        return tuple(_certificate_note(row, now) for row in rows[:SHOWN])

    def reviews_of(self, versions: Sequence[int], now: datetime) -> dict[int, ReviewNote]:
        """The pending reviews of versions."""
        rows = Review.objects.pending().filter(version__in=versions).select_related("reviewer")
        return {row.version_id: _review_note(row, now, place=0) for row in rows}

    def certified_until(self, plugins: Sequence[int], now: datetime) -> dict[int, datetime]:
        """Until when plugins are certified."""
        rows = Certificate.objects.valid_at(now).filter(version__plugin__in=plugins).order_by()
        return dict(rows.values_list("version__plugin").annotate(until=Max("not_after")))


def _review_note(review: Review, now: datetime, *, place: int) -> ReviewNote:
    return ReviewNote(
        state=review.state,
        place=place,
        due_on=review.due_on,
        reviewer=str(review.reviewer) if review.reviewer else "",
        overdue=review.is_overdue(timezone.localdate(now)),
    )


def _place(review: Review) -> int:
    """The place among the unclaimed reviews, in the queue's own order: due first, then who has waited longest.

    A fixed version inherits both, so fixing something never costs the place.
    """
    if review.state != ReviewState.OPEN:
        return 0
    since = review.version.queue_since
    ahead = Q(due_on__lt=review.due_on) | Q(due_on=review.due_on) & (
        Q(version__queue_since__lt=since) | Q(version__queue_since=since, pk__lt=review.pk)
    )
    return Review.objects.filter(ahead, state=ReviewState.OPEN).count() + 1


def _answers(review: Review) -> dict[str, AnswerNote]:
    rows = CriterionAnswer.objects.filter(review=review).select_related("criterion")
    return {row.criterion.code: AnswerNote(row.outcome, row.get_outcome_display(), row.note) for row in rows}


def _decisions(version: PluginVersion) -> tuple[DecisionNote, ...]:
    rows = (
        Decision.objects.filter(review__version=version)
        .select_related("decided_by")
        .prefetch_related("criteria")
        .order_by("-decided_at", "-id")
    )
    return tuple(_decision_note(row) for row in rows)


def _decision_note(decision: Decision) -> DecisionNote:
    start = timezone.localdate(decision.decided_at)
    return DecisionNote(
        outcome=decision.outcome,
        outcome_text=decision.get_outcome_display(),
        reason=decision.reason,
        conditions=decision.conditions,
        decided_at=decision.decided_at,
        decided_by=str(decision.decided_by),
        criteria=tuple(
            CitedCriterion(row.code, row.title, row.remediation, start + timedelta(days=row.deadline_days))
            for row in decision.criteria.all()
        ),
    )


def _certificate_note(certificate: Certificate, now: datetime) -> CertificateNote:
    state = certificate.effective_state(now)
    return CertificateNote(
        serial=certificate.serial,
        version=certificate.version.version,
        state=state.value,
        state_text=str(CertificateState(state).label),
        reason=certificate.state_reason,
        tier=certificate.tier,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        conditions=certificate.conditions,
        demo=certificate.demo,
        page_url=reverse("certification:certificate", args=[certificate.serial]),
        bundle_url=reverse("certification:bundle", args=[certificate.serial]),
        bundle_filename=certificate.bundle_filename,
        trust_root_url=reverse("certification:trust_root"),
    )
