"""Suspensions and revocations that platforms have not acknowledged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.models import Recall
from certification.panels.spans import Span
from certification.recalls import missing, platforms
from governance.badges import tone
from governance.panels import Cell, Figure, Headline, Listing, Panel, PanelData, Row, Series, choice, list_url
from plugins.panels import version_cell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest

    from certification.models.recalls import RecallQuerySet
    from governance.models import User

RECALLS = "recalls"
AGES = (
    Span("1", gettext_lazy("Less than a day"), 0, 1, "info"),
    Span("7", gettext_lazy("1 to 7 days"), 1, 7, "warn"),
    Span("more", gettext_lazy("Longer"), 7, None, "worst"),
)


def _span_of(recall: Recall, now: datetime) -> Span:
    age = now - recall.at
    return next(span for span in AGES if span.end is None or age < timedelta(days=span.end))


def _aged(rows: RecallQuerySet, now: datetime, span: Span) -> RecallQuerySet:
    rows = rows.filter(at__lte=now - timedelta(days=span.start))
    return rows.filter(at__gt=now - timedelta(days=span.end)) if span.end else rows


def build_recalls(_request: HttpRequest) -> PanelData:
    """Open recalls by platform and age: three queries."""
    now, people = timezone.now(), list(platforms())
    held = list(Recall.objects.open_at(now).prefetch_related("acknowledgements"))
    counts = {(user.pk, span.code): 0 for user in people for span in AGES}
    waiting = 0
    for recall in held:
        silent = missing(recall, people)
        waiting += bool(silent)
        for user in silent:
            counts[user.pk, _span_of(recall, now).code] += 1
    owing = [user for user in people if any(counts[user.pk, span.code] for span in AGES)]
    return PanelData(
        columns=(_("Platform"), *(str(span.title) for span in AGES)),
        rows=tuple(
            Row(
                str(user),
                tuple(
                    Figure(counts[user.pk, span.code], list_url(RECALLS, platform=str(user.pk), age=span.code))
                    for span in AGES
                ),
            )
            for user in owing
        ),
        series=_series(owing, counts),
        headlines=(
            Headline(_("Recalls not acknowledged"), Figure(waiting, list_url(RECALLS)), "bad" if waiting else "muted"),
        ),
        empty=_("Every platform has acknowledged what was suspended or revoked.")
        if people
        else _("There is no platform yet to acknowledge what is suspended or revoked."),
    )


def _series(owing: Sequence[User], counts: dict[tuple[int, str], int]) -> tuple[Series, ...]:
    return tuple(
        Series(str(span.title), tuple(counts[user.pk, span.code] for user in owing), span.tone) for span in AGES
    )


def list_recalls(request: HttpRequest) -> Listing:
    """Open recalls that one platform, or any, has not acknowledged."""
    now = timezone.now()
    people = {str(user.pk): user for user in platforms()}
    spans = {span.code: span for span in AGES}
    platform, age = people.get(choice(request, "platform", people)), spans.get(choice(request, "age", spans))
    rows = Recall.objects.open_at(now)
    rows = rows.asked_of(platform) if platform else rows.waiting()
    if age:
        rows = _aged(rows, now, age)
    title = _("Not acknowledged by %(platform)s") % {"platform": platform} if platform else _("Not acknowledged by all")
    return Listing(
        title=f"{title}: {age.title}" if age else title,
        columns=(_("Recall"), _("Certificate"), _("Version"), _("State"), _("Since")),
        rows=rows.select_related("certificate__version__plugin")
        .defer("certificate__envelope", "certificate__version__metadata", "certificate__version__declaration")
        .order_by("at", "pk"),
        cells=_cells,
    )


def _cells(recall: Recall) -> tuple[Cell, ...]:
    certificate = recall.certificate
    return (
        Cell(str(recall), reverse("admin:certification_recall_change", args=[recall.pk])),
        Cell(certificate.serial, reverse("admin:certification_certificate_change", args=[certificate.pk])),
        version_cell(certificate.version),
        Cell(str(recall.get_state_display()), tone=tone(recall.state)),
        Cell(f"{timezone.localtime(recall.at):%Y-%m-%d %H:%M}"),
    )


PANEL = Panel(
    code=RECALLS,
    title=gettext_lazy("Recalls not acknowledged"),
    help=gettext_lazy("What was suspended or revoked, and which platforms have not said that they stopped running it."),
    permission="certification.view_recall",
    order=45,
    build=build_recalls,
    listing=list_recalls,
)
