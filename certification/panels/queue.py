"""How long the versions in the queue have waited for a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.enums import ReviewState
from certification.models import Review
from certification.panels.spans import Span
from governance.badges import tone
from governance.panels import Cell, Figure, Headline, Listing, Panel, PanelData, Row, Series, choice, list_url
from plugins.panels import tier_cell

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

QUEUE = "queue-age"
AGES = (
    Span("today", gettext_lazy("Less than a day"), 0, 1, "good"),
    Span("1-2", gettext_lazy("1 to 2 days"), 1, 3, "info"),
    Span("3-6", gettext_lazy("3 to 6 days"), 3, 7, "warn"),
    Span("7-29", gettext_lazy("7 to 29 days"), 7, 30, "bad"),
    Span("30", gettext_lazy("30 days or more"), 30, None, "worst"),
)


def waiting(now: datetime, span: Span | None = None) -> QuerySet[Review]:
    """Pending reviews, or those that have waited for a span of days."""
    rows = Review.objects.pending()
    return rows.filter(_waited(now, span)) if span else rows


def _waited(now: datetime, span: Span) -> Q:
    young = Q(version__queue_since__lte=now - timedelta(days=span.start)) if span.start else Q()
    return young & Q(version__queue_since__gt=now - timedelta(days=span.end)) if span.end else young


def build_queue(_request: HttpRequest) -> PanelData:
    """Pending reviews by how long they have waited, and how many of those are past due: one query."""
    now = timezone.now()
    late = Q(due_on__lt=timezone.localdate(now))
    numbers = Review.objects.pending().aggregate(
        **{f"all_{index}": Count("pk", filter=_waited(now, span)) for index, span in enumerate(AGES)},
        **{f"late_{index}": Count("pk", filter=_waited(now, span) & late) for index, span in enumerate(AGES)},
        total=Count("pk"),
        late=Count("pk", filter=late),
    )
    alls = tuple(numbers[f"all_{index}"] for index in range(len(AGES)))
    lates = tuple(numbers[f"late_{index}"] for index in range(len(AGES)))
    rows = tuple(
        Row(
            str(span.title),
            (
                Figure(count, list_url(QUEUE, age=span.code)),
                Figure(overdue, list_url(QUEUE, age=span.code, late="1")),
            ),
        )
        for span, count, overdue in zip(AGES, alls, lates, strict=True)
    )
    on_time = tuple(count - overdue for count, overdue in zip(alls, lates, strict=True))
    return PanelData(
        columns=(_("In the queue for"), _("Reviews"), _("Overdue")),
        rows=rows if numbers["total"] else (),
        series=(Series(_("In time"), on_time, "info"), Series(_("Overdue"), lates, "bad")),
        headlines=(
            Headline(_("Waiting for a decision"), Figure(numbers["total"], list_url(QUEUE)), "info"),
            Headline(
                _("Overdue"), Figure(numbers["late"], list_url(QUEUE, late="1")), "bad" if numbers["late"] else "muted"
            ),
        ),
        empty=_("Nothing waits for a decision."),
    )


def list_queue(request: HttpRequest) -> Listing:
    """Pending reviews of one age, or the overdue ones."""
    now = timezone.now()
    spans = {span.code: span for span in AGES}
    code, late = choice(request, "age", spans), request.GET.get("late") == "1"
    rows = waiting(now, spans.get(code))
    if late:
        rows = rows.filter(due_on__lt=timezone.localdate(now))
    title = _("Overdue reviews") if late else _("Reviews waiting for a decision")
    return Listing(
        title=f"{title}: {spans[code].title}" if code else title,
        columns=(_("Version"), _("State"), _("Reviewer"), _("In the queue since"), _("Due"), _("Risk tier")),
        rows=rows.select_related("version__plugin", "run", "reviewer")
        .defer("run__report", "run__progress", "version__metadata", "version__declaration")
        .order_by("due_on", "pk"),
        cells=_review_cells,
    )


def _review_cells(review: Review) -> tuple[Cell, ...]:
    return (
        Cell(str(review.version), reverse("admin:certification_review_change", args=[review.pk])),
        Cell(str(ReviewState(review.state).label), tone=tone(review.state)),
        Cell(str(review.reviewer) if review.reviewer else _("Nobody")),
        Cell(timezone.localtime(review.version.queue_since).date().isoformat()),
        Cell(review.due_on.isoformat(), tone="bad" if review.is_overdue(timezone.localdate()) else ""),
        tier_cell(review.run.tier),
    )


PANEL = Panel(
    code=QUEUE,
    title=gettext_lazy("Age of the review queue"),
    help=gettext_lazy("Versions that wait for a decision, by how long they have been in the queue."),
    permission="certification.view_review",
    order=20,
    build=build_queue,
    listing=list_queue,
)
