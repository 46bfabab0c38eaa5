"""Who did what to a version, when: from the history of its rows and from the ledger."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from audits.reports.documents import LineageLine
from certification.models import Certificate, Review
from governance.lineage import events_about, lineage_of
from plugins.models import VettingRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

    from governance.lineage import LineageEntry
    from plugins.models import PluginVersion

MOST = 300
"""Entries of a dossier's lineage; older ones are on the lineage page of the portal."""

NEWEST = 50
"""Runs, reviews and certificates whose ledger entries are looked for."""


def lineage_lines(version: PluginVersion) -> tuple[LineageLine, ...]:
    """The newest entries about a version, its runs, reviews and certificates, oldest first."""
    events = events_about(_subjects(version), limit=MOST)
    changes = [entry for entry in lineage_of(version, per_page=MOST).entries if entry.kind == "change"]
    entries = sorted([*events, *changes], key=attrgetter("at"))[-MOST:]
    return tuple(_line(entry, str(version)) for entry in entries)


def _subjects(version: PluginVersion) -> Iterator[Model]:
    yield version
    yield version.plugin
    for model in (VettingRun, Review, Certificate):
        yield from model.objects.filter(version=version).only("pk", "state").order_by("-pk")[:NEWEST]


def _line(entry: LineageEntry, subject: str) -> LineageLine:
    details = [f"{name}: {value}" for name, value in entry.facts if value]
    if any(change.old for change in entry.changes):  # a creation only repeats what the dossier says elsewhere
        details += [f"{change.field}: {change.old} → {change.new}" for change in entry.changes]
    if entry.reason:
        details.append(entry.reason)
    return LineageLine(
        at=entry.at,
        who=entry.who,
        what=entry.words or entry.what,
        subject=entry.what if entry.verb else subject,
        details=tuple(details),
    )
