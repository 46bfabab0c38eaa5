"""The admin's start page: what waits for this user, above the list of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import key_report
from certification.admin.reviews import CLAIM
from certification.enums import REVIEW_OPEN, ReviewState
from certification.models import Review
from governance.admin.checkpoints import tell_alarm

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

SEE = "certification.view_review"
SEE_LEDGER = "governance.view_ledgerentry"
SEE_KEYS = "certification.view_trustrootversion"
SHOWN = 8
"""Reviews listed; the queue has the rest."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the list it was counted from."""

    label: str
    value: int
    url: str
    tone: str


@dataclass(frozen=True, slots=True)
class Start:
    """`mine` is None for those who read reviews and work on none; `due` is what nobody works on and this user may."""

    counts: tuple[Figure, ...]
    mine: tuple[Review, ...] | None
    due: tuple[Review, ...]
    queue_url: str


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: adds `start` for those who may see reviews. The same queries for any queue.

    Those who may see the keys are told what is wrong with them, or soon will be; those who may see the ledger, that it
    is not signed any more.
    """
    if request.user.has_perm(SEE_KEYS):
        context = {**context, "key_warnings": key_report.warnings(now=timezone.now())}
    if request.user.has_perm(SEE_LEDGER):
        tell_alarm(request)
    if not request.user.has_perm(SEE):
        return context
    works = request.user.has_perm(CLAIM)
    start = Start(
        counts=_counts(request, works=works),
        mine=tuple(_listed(Review.objects.filter(reviewer=request.user.pk))) if works else None,
        due=tuple(_listed(Review.objects.filter(state=ReviewState.OPEN).open_to(request.user))),  # type: ignore[arg-type]  # signed in
        queue_url=_queue(),
    )
    return {**context, "title": _("Start"), "start": start}


def _counts(request: HttpRequest, *, works: bool) -> tuple[Figure, ...]:
    waiting = Q(state__in=REVIEW_OPEN)
    found = Review.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        mine=Count("pk", filter=waiting & Q(reviewer=request.user.pk)),
        unclaimed=Count("pk", filter=Q(state=ReviewState.OPEN)),
        overdue=Count("pk", filter=waiting & Q(due_on__lt=timezone.localdate())),
        second=Count("pk", filter=Q(state=ReviewState.SECOND_APPROVAL)),
    )
    return (
        Figure(_("Waiting"), found["waiting"], _queue(), "info"),
        *([Figure(_("Mine"), found["mine"], _queue("whose=mine"), "info")] if works else []),
        Figure(_("Unclaimed"), found["unclaimed"], _queue("whose=unclaimed"), "info"),
        Figure(_("Overdue"), found["overdue"], _queue("whose=overdue"), "bad" if found["overdue"] else "good"),
        Figure(_("Second approval"), found["second"], _queue(f"state={ReviewState.SECOND_APPROVAL}"), "info"),
    )


def _listed(reviews: QuerySet[Review]) -> QuerySet[Review]:
    rows = reviews.filter(state__in=REVIEW_OPEN).select_related("version__plugin__team", "run")
    ordered = rows.order_by("due_on", "version__queue_since", "-run__score", "id")
    return ordered.defer("run__report", "run__progress")[:SHOWN]


def _queue(query: str = "") -> str:
    address = reverse("admin:certification_review_changelist")
    return f"{address}?{query}" if query else address
