"""Which advisories concern the components of a run that it did not know of when it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import RecordInvalid, parse_record
from plugins.facts import SHIPPED_SCOPES
from plugins.models import AdvisoryFeed
from plugins.package import Dependency
from plugins.services.feeds import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugins.advisories.osv import OsvRecord
    from plugins.models import Component, VettingRun

UNNAMED = "an unreadable advisory"


def new_advisories(run: VettingRun) -> list[str]:
    """Ids of advisories that hit what the plugin ships and that the run's own report does not name; sorted.

    No engine is started: stored components are matched against the feeds as they are now. An advisory that names a
    shipped package and cannot be read, or compared with its version, counts as a hit: the next run has to tell.
    """
    if not AdvisoryFeed.objects.filter(imported_at__gt=run.started_at or run.queued_at).exists():
        return []
    components = [part for part in run.components.all() if part.scope in SHIPPED_SCOPES]
    feed = snapshot(map(_dependency, components))
    if feed is None:
        return []
    records, unreadable = _read(feed.advisories)
    index = AdvisoryIndex(records)
    return sorted({*unreadable, *(name for part in components for name in _unknown(part, index))})


def _unknown(component: Component, index: AdvisoryIndex) -> Iterator[str]:
    known = {name for row in component.advisories for name in (row["id"], *row["aliases"])}
    answer = index.answer(_dependency(component))
    yield from (match.id for match in answer.matches if not match.names & known)
    yield from (name for name in answer.undecided if name not in known)


def _dependency(component: Component) -> Dependency:
    return Dependency(
        ecosystem=component.ecosystem,
        name=component.name,
        requirement=component.requirement,
        scope=component.scope,
        direct=component.direct,
        pinned=component.pinned or None,
    )


def _read(documents: tuple[Mapping[str, object], ...]) -> tuple[list[OsvRecord], list[str]]:
    """The records, and the ids of those that were valid at import and are not any more."""
    records, unreadable = [], []
    for document in documents:
        try:
            records.append(parse_record(document))
        except RecordInvalid:
            unreadable.append(str(document.get("id") or UNNAMED))
    return records, unreadable
