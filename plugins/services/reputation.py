"""A publisher's record out of the ledger, and what the platform says of a plugin's reach."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import ledger
from governance.models import LedgerEntry
from plugins.enums import Standing
from plugins.models import Plugin
from plugins.reputation import YEARS, Reputation

if TYPE_CHECKING:
    from governance.models import User

CHANGE = "plugins.change_plugin"
LOST = (Standing.SUSPENDED.value, Standing.REFUSED.value)
MOST = 2_000_000_000


class ReachRefused(Exception):
    """The number cannot be kept; the text says why."""


def reputation_of(plugin: Plugin) -> Reputation:
    """The record of a plugin's publisher, as of now; three queries."""
    team = Plugin.objects.filter(team=plugin.team_id)
    own = str(plugin.pk)
    lost = _lost([str(pk) for pk in team.values_list("pk", flat=True)])
    return Reputation(
        certified=team.filter(certified_run__isnull=False).count(),
        incidents=sum(pk == own for pk in lost),
        team_incidents=sum(pk != own for pk in lost),
        installations=plugin.installations,
    )


def _lost(plugins: list[str]) -> list[str]:
    """One id for each time that a certified plugin lost its standing."""
    entries = LedgerEntry.objects.filter(
        verb="plugin.standing-changed",
        subject_type=Plugin._meta.label_lower,  # noqa: SLF001 - Django's public name
        subject_id__in=plugins,
        at__gte=timezone.now() - timedelta(days=365 * YEARS),
        details__from=Standing.CERTIFIED.value,
        details__to__in=LOST,
    )
    return list(entries.values_list("subject_id", flat=True))


@transaction.atomic
def set_installations(*, plugin: Plugin, installations: int | None, actor: User) -> None:
    """Say on how many places a plugin is installed; None: not known any more. Counts from the next vetting on.

    Raises:
        ReachRefused: the actor may not, or it is no number of places.
    """
    if not actor.has_perm(CHANGE):
        raise ReachRefused(_("Only lead reviewers say how far a plugin reaches."))
    if installations is not None and not 0 <= installations <= MOST:
        raise ReachRefused(_("A number of places, 0 or more."))
    if plugin.installations == installations:
        return
    before, plugin.installations = plugin.installations, installations
    plugin.save(update_fields=["installations"])
    ledger.record(
        verb="plugin.reach-changed", subject=plugin, actor=actor, details={"from": before, "to": installations}
    )
