"""Risk posture: plugins by standing now and by risk tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.badges import TIER_TONES, tone, word
from governance.panels import Cell, Figure, Headline, Listing, Panel, PanelData, Row, Series, choice, list_url
from governance.vocabulary import Tier
from plugins.enums import Standing
from plugins.models import Plugin, VettingRun
from plugins.panels import tier_cell
from plugins.standing import AsOf, as_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django_stubs_ext import WithAnnotations

POSTURE = "posture"
UNSCORED = "none"
TIERS = (*(tier.value for tier in Tier), UNSCORED)


class Posture(AsOf):
    """What `plugins_by_posture` adds to a plugin."""

    current_tier: str | None


def plugins_by_posture(now: datetime) -> QuerySet[WithAnnotations[Plugin, Posture]]:
    """Plugins with `effective`, their standing as of now, and `current_tier`, that of their newest scored vetting."""
    scored = VettingRun.objects.filter(version__plugin=OuterRef("pk")).exclude(tier="")
    return as_of(Plugin.objects.all(), now).annotate(
        current_tier=Subquery(scored.order_by("-finished_at", "-id").values("tier")[:1])
    )


def build_posture(_request: HttpRequest) -> PanelData:
    """Plugins by standing and tier: one query."""
    found = plugins_by_posture(timezone.now()).order_by().values("effective", "current_tier").annotate(n=Count("pk"))
    counts = {(row["effective"], row["current_tier"] or UNSCORED): row["n"] for row in found}
    totals = {standing: sum(counts.get((standing, tier), 0) for tier in TIERS) for standing in Standing}
    shown = [standing for standing in Standing if totals[standing]]
    rows = tuple(Row(str(standing.label), _figures(standing, counts, totals[standing])) for standing in shown)
    certified = Figure(totals[Standing.CERTIFIED], list_url(POSTURE, standing=Standing.CERTIFIED.value))
    return PanelData(
        columns=(_("Standing"), *(_tier_name(tier) for tier in TIERS), _("All")),
        rows=rows,
        series=tuple(
            Series(_tier_name(tier), tuple(counts.get((standing, tier), 0) for standing in shown), _tier_tone(tier))
            for tier in TIERS
        ),
        headlines=(
            Headline(_("Plugins"), Figure(sum(totals.values()), list_url(POSTURE))),
            Headline(_("Certified"), certified, "good"),
        ),
        empty=_("No plugin has been submitted yet."),
    )


def _figures(standing: Standing, counts: Mapping[tuple[str, str], int], total: int) -> tuple[Figure, ...]:
    tiers = (
        Figure(counts.get((standing, tier), 0), list_url(POSTURE, standing=standing.value, tier=tier)) for tier in TIERS
    )
    return (*tiers, Figure(total, list_url(POSTURE, standing=standing.value)))


def list_posture(request: HttpRequest) -> Listing:
    """Plugins of one standing, of one tier, or both."""
    standing, tier = choice(request, "standing", Standing.values), choice(request, "tier", TIERS)
    rows = plugins_by_posture(timezone.now()).select_related("team").order_by("name", "pk")
    if standing:
        rows = rows.filter(effective=standing)
    if tier:
        rows = rows.filter(current_tier__isnull=True) if tier == UNSCORED else rows.filter(current_tier=tier)
    parts = [str(Standing(standing).label)] if standing else []
    if tier:
        parts.append(_("tier: %(tier)s") % {"tier": _tier_name(tier)})
    return Listing(
        title=_("Plugins: %(which)s") % {"which": ", ".join(parts)} if parts else _("All plugins"),
        columns=(_("Plugin"), _("Owner team"), _("Standing"), _("Risk tier")),
        rows=rows,
        cells=_plugin_cells,
    )


def _plugin_cells(plugin: WithAnnotations[Plugin, Posture]) -> tuple[Cell, ...]:
    return (
        Cell(plugin.name, reverse("admin:plugins_plugin_change", args=[plugin.pk])),
        Cell(str(plugin.team)),
        Cell(str(Standing(plugin.effective).label), tone=tone(plugin.effective)),
        tier_cell(plugin.current_tier or ""),
    )


def _tier_name(tier: str) -> str:
    return word(tier, Tier) if tier in set(Tier) else _("Not scored")


def _tier_tone(tier: str) -> str:
    return TIER_TONES.get(tier, "muted")


PANEL = Panel(
    code=POSTURE,
    title=gettext_lazy("Risk posture"),
    help=gettext_lazy("Plugins by standing now and by the risk tier of their newest scored vetting."),
    permission="plugins.view_plugin",
    order=10,
    build=build_posture,
    listing=list_posture,
)
