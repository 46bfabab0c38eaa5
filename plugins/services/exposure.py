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


def new_advisories(run: VettingRun) -> list[str]:
    """Ids of advisories that hit what the plugin ships and that the run's own report does not name; sorted.

    No engine is started: stored components are matched against the feeds as they are now.
    """
    if not AdvisoryFeed.objects.filter(imported_at__gt=run.started_at or run.queued_at).exists():
        return []
    components = [part for part in run.components.all() if part.scope in SHIPPED_SCOPES]
    feed = snapshot(map(_dependency, components))
    if feed is None:
        return []
    index = AdvisoryIndex(list(_records(feed.advisories)))
    return sorted({name for part in components for name in _unknown(part, index)})


def _unknown(component: Component, index: AdvisoryIndex) -> Iterator[str]:
    known = {name for row in component.advisories for name in (row["id"], *row["aliases"])}
    for match in index.answer(_dependency(component)).matches:
        if not match.names & known:
            yield match.id


def _dependency(component: Component) -> Dependency:
    return Dependency(
        ecosystem=component.ecosystem,
        name=component.name,
        requirement=component.requirement,
        scope=component.scope,
        direct=component.direct,
        pinned=component.pinned or None,
    )


def _records(documents: tuple[Mapping[str, object], ...]) -> Iterator[OsvRecord]:
    for document in documents:
        try:
            yield parse_record(document)
        except RecordInvalid:  # it was valid at import; a record that is not any more can only be left out
            continue
