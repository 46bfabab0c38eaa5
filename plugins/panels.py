"""The dashboard's panel about plugins: the criteria that fail most. Also the pieces panels above share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Max, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.badges import TIER_TONES, tone, word
from governance.panels import Cell, Figure, Listing, Panel, PanelData, Row, Series, list_url, register
from governance.vocabulary import Tier
from plugins.enums import Outcome, VersionState
from plugins.models import CriterionResult, PluginVersion, VettingRun

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

CRITERIA = "criteria"
TOP = 10
DEAD = frozenset({VersionState.WITHDRAWN, VersionState.REJECTED})
"""States of versions nobody works on any more."""


def newest_reported_runs() -> QuerySet[VettingRun]:
    """For each version the newest run that gave a report."""
    newest = (
        VettingRun.objects.filter(version=OuterRef("version"), report__isnull=False)
        .order_by("-finished_at", "-id")
        .values("pk")[:1]
    )
    return VettingRun.objects.filter(pk=Subquery(newest))


def not_met() -> QuerySet[CriterionResult]:
    """The criteria not met in the newest run of each live version."""
    runs = newest_reported_runs().exclude(version__state__in=DEAD)
    return CriterionResult.objects.filter(run__in=runs.values("pk"), outcome=Outcome.NOT_MET).order_by()


def build_criteria(_request: HttpRequest) -> PanelData:
    """The criteria that most versions do not meet."""
    top = list(
        not_met()
        .values("criterion__code")
        .annotate(title=Max("criterion__title"), n=Count("pk"))
        .order_by("-n", "criterion__code")[:TOP]
    )
    return PanelData(
        columns=(_("Criterion"), _("Versions")),
        rows=tuple(
            Row(
                f"{row['criterion__code']} · {row['title']}",
                (Figure(row["n"], list_url(CRITERIA, criterion=row["criterion__code"])),),
            )
            for row in top
        ),
        series=(Series(_("Versions that do not meet it"), tuple(row["n"] for row in top), "bad"),),
        empty=_("No vetted version fails a criterion."),
    )


def list_criteria(request: HttpRequest) -> Listing:
    """The versions that do not meet one criterion, or all of it."""
    code = request.GET.get("criterion", "").replace("\x00", "")[:40]
    rows = not_met().filter(criterion__code=code) if code else not_met()
    return Listing(
        title=_("Versions that do not meet %(code)s") % {"code": code} if code else _("Criteria not met"),
        columns=(_("Version"), _("Criterion"), _("State"), _("Risk tier"), _("Why")),
        rows=rows.select_related("criterion", "run__version__plugin")
        .defer("run__report", "run__progress", "run__version__metadata", "run__version__declaration")
        .order_by("criterion__code", "run__version__plugin__name", "pk"),
        cells=_criterion_cells,
    )


def _criterion_cells(result: CriterionResult) -> tuple[Cell, ...]:
    version = result.run.version
    return (
        version_cell(version),
        Cell(f"{result.criterion.code} · {result.criterion.title}"),
        Cell(str(VersionState(version.state).label), tone=tone(version.state)),
        tier_cell(result.run.tier),
        Cell(result.explanation),
    )


def version_cell(version: PluginVersion) -> Cell:
    """A version, leading to its page in the administration."""
    return Cell(str(version), reverse("admin:plugins_pluginversion_change", args=[version.pk]))


def tier_cell(tier: str) -> Cell:
    """A tier as a badge."""
    return Cell(word(tier, Tier), tone=TIER_TONES[tier]) if tier in TIER_TONES else Cell(_("Not scored"))


def register_panels() -> None:
    """Called once, when the app is ready."""
    register(
        Panel(
            code=CRITERIA,
            title=gettext_lazy("Criteria failing most"),
            help=gettext_lazy(
                "Over the newest vetting of every version that is neither withdrawn nor rejected; the ten highest."
            ),
            permission="plugins.view_criterionresult",
            order=30,
            build=build_criteria,
            listing=list_criteria,
        )
    )
