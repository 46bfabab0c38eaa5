"""What the portal's pages read: each in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from governance.models import CriterionKind
from plugins.enums import Outcome
from plugins.models import CriterionResult, OwnerTeam, Plugin, PluginVersion, VettingRun
from plugins.portal.outlook import provider
from plugins.portal.words import Situation, situation_in_brief

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from governance.models import User

HEAVY = ("report", "progress")
"""Columns of a run that lists never read."""


@dataclass(frozen=True, slots=True)
class PluginRow:
    """A plugin in its owner's list, with its newest version and that version's newest run."""

    plugin: Plugin
    version: PluginVersion | None
    run: VettingRun | None
    situation: Situation
    certified_until: datetime | None


def own_plugins(user: User) -> QuerySet[Plugin]:
    """The plugins of the user's teams, each with the id of its newest version."""
    newest = PluginVersion.objects.filter(plugin=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
    return (
        Plugin.objects.visible_to(user)
        .filter(team__in=OwnerTeam.objects.of(user))
        .select_related("team")
        .annotate(newest_version_id=Subquery(newest))
        .order_by("name", "id")
    )


def plugin_rows(plugins: Iterable[Plugin], now: datetime) -> list[PluginRow]:
    """The rows of a page of plugins as `own_plugins` gives them."""
    plugins = list(plugins)
    ids = {plugin.pk: plugin.newest_version_id for plugin in plugins}  # type: ignore[attr-defined]
    versions = (
        PluginVersion.objects.select_related("plugin")
        .defer("metadata", "declaration")
        .in_bulk([pk for pk in ids.values() if pk])
    )
    runs = newest_runs(list(versions))
    reviews = provider().reviews_of(list(versions), now)
    until = provider().certified_until(list(ids), now)
    blocked = _blocked(runs.values())
    rows = []
    for plugin in plugins:
        version = versions.get(ids[plugin.pk])
        run = runs.get(version.pk) if version else None
        review = reviews.get(version.pk) if version else None
        end = until.get(plugin.pk)
        situation = situation_in_brief(version, run, review, end, blocked=run is not None and run.pk in blocked)
        rows.append(PluginRow(plugin, version, run, situation, end))
    return rows


def _blocked(runs: Iterable[VettingRun]) -> set[int]:
    """The runs (by id) with a blocking criterion that only the owner can close."""
    found = CriterionResult.objects.filter(
        run__in=[run.pk for run in runs],
        outcome__in=[Outcome.NOT_MET, Outcome.UNANSWERED],
        criterion__blocking=True,
    ).exclude(criterion__kind=CriterionKind.MANUAL)
    return set(found.order_by().values_list("run", flat=True))


def newest_runs(versions: Sequence[int]) -> dict[int, VettingRun]:
    """The newest run of each version (by id), without its report."""
    newest = VettingRun.objects.filter(version=OuterRef("version")).order_by("-queued_at", "-id").values("pk")[:1]
    runs = VettingRun.objects.filter(version__in=versions, pk=Subquery(newest)).defer(*HEAVY)
    return {run.version_id: run for run in runs}


def visible_versions(user: User) -> QuerySet[PluginVersion]:
    """The versions a user may open, with what their page shows of them."""
    return PluginVersion.objects.visible_to(user).select_related("plugin__team", "artifact")
