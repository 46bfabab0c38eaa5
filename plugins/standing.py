"""A plugin's standing as of a moment: the column holds what was last noted, and time goes on without a job.

The app that issues certificates registers which plugins have a live one in `AppConfig.ready()`; nothing here names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.db.models import Case, CharField, F, Value, When

from plugins.enums import Standing
from plugins.models import Plugin

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.models import Exists, QuerySet
    from django_stubs_ext import WithAnnotations

    Live = Callable[[datetime], Exists]

RESTS_ON_A_CERTIFICATE = (Standing.CERTIFIED, Standing.SUSPENDED)
_LIVE: list[Live] = []


class AsOf(TypedDict):
    """What `as_of` adds to a plugin."""

    effective: str


def register(live: Live) -> None:
    """Name the condition, on a plugin as `OuterRef("pk")`, that a certificate of it has not run out at a moment."""
    _LIVE.append(live)


def as_of(plugins: QuerySet[Plugin], now: datetime) -> QuerySet[WithAnnotations[Plugin, AsOf]]:
    """Plugins with `effective`, their standing at a moment: what ran out is lapsed, whether a job noted it or not."""
    lapsed = [When(~live(now), standing__in=RESTS_ON_A_CERTIFICATE, then=Value(Standing.LAPSED)) for live in _LIVE]
    return plugins.annotate(effective=Case(*lapsed, default=F("standing"), output_field=CharField()))


def standing_as_of(plugin: Plugin, now: datetime) -> Standing:
    """One plugin's standing at a moment."""
    if plugin.standing not in RESTS_ON_A_CERTIFICATE:
        return Standing(plugin.standing)
    return Standing(as_of(Plugin.objects.filter(pk=plugin.pk), now).get().effective)
