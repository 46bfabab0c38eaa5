"""Certificates that run out next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.models import Certificate
from certification.panels.spans import Span
from governance.panels import Cell, Figure, Headline, Listing, Panel, PanelData, Row, Series, choice, list_url
from plugins.panels import tier_cell, version_cell

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

EXPIRING = "expiring"
HORIZON = 90
"""Days this panel looks ahead."""
LEFT = (
    Span("7", gettext_lazy("Within 7 days"), 0, 7, "worst"),
    Span("30", gettext_lazy("8 to 30 days"), 7, 30, "bad"),
    Span("60", gettext_lazy("31 to 60 days"), 30, 60, "warn"),
    Span("90", gettext_lazy("61 to 90 days"), 60, HORIZON, "info"),
)


def expiring(now: datetime, span: Span | None = None) -> QuerySet[Certificate]:
    """Certificates in force that run out within the horizon, or within a span of days."""
    if span is None:
        return Certificate.objects.expiring_within(now, HORIZON)
    return Certificate.objects.valid_at(now).filter(_runs_out(now, span))


def _runs_out(now: datetime, span: Span) -> Q:
    later = Q(not_after__gt=now + timedelta(days=span.start))
    return later & Q(not_after__lte=now + timedelta(days=span.end)) if span.end else later


def build_expiring(_request: HttpRequest) -> PanelData:
    """Certificates by how soon they run out: one query."""
    now = timezone.now()
    numbers = Certificate.objects.valid_at(now).aggregate(
        **{f"in_{index}": Count("pk", filter=_runs_out(now, span)) for index, span in enumerate(LEFT)}
    )
    counts = tuple(numbers[f"in_{index}"] for index in range(len(LEFT)))
    total = sum(counts)
    rows = tuple(
        Row(str(span.title), (Figure(count, list_url(EXPIRING, left=span.code)),))
        for span, count in zip(LEFT, counts, strict=True)
    )
    return PanelData(
        columns=(_("Runs out"), _("Certificates")),
        rows=rows if total else (),
        series=(Series(_("Certificates"), counts, "warn"),),
        headlines=(
            Headline(_("Expiring in 90 days"), Figure(total, list_url(EXPIRING)), "warn" if total else "muted"),
        ),
        empty=_("No certificate runs out within 90 days."),
    )


def list_expiring(request: HttpRequest) -> Listing:
    """Certificates that run out soon."""
    spans = {span.code: span for span in LEFT}
    code = choice(request, "left", spans)
    title = _("Certificates that run out within 90 days")
    return Listing(
        title=f"{title}: {spans[code].title}" if code else title,
        columns=(_("Certificate"), _("Version"), _("Risk tier"), _("Valid until"), _("Revalidated by")),
        rows=expiring(timezone.now(), spans.get(code))
        .select_related("version__plugin")
        .defer("envelope", "version__metadata", "version__declaration")
        .order_by("not_after", "pk"),
        cells=_certificate_cells,
    )


def _certificate_cells(certificate: Certificate) -> tuple[Cell, ...]:
    return (
        Cell(certificate.serial, reverse("admin:certification_certificate_change", args=[certificate.pk])),
        version_cell(certificate.version),
        tier_cell(certificate.tier),
        Cell(timezone.localtime(certificate.not_after).date().isoformat()),
        Cell(certificate.revalidate_on.isoformat()),
    )


PANEL = Panel(
    code=EXPIRING,
    title=gettext_lazy("Certificates expiring"),
    help=gettext_lazy("Certificates in force that run out within 90 days."),
    permission="certification.view_certificate",
    order=40,
    build=build_expiring,
    listing=list_expiring,
)
