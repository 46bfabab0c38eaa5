"""Which stored runs are hit by advisories that they did not know of when they were made.

No engine is started. The database narrows the stored components down to those whose package is named by an advisory
that has come, or changed, since their run began; only these few rows are compared with the advisories, version by
version. An advisory that names a shipped package and cannot be read, or compared with its version, counts as a hit, and
so does a requirement nobody can read: the next run has to tell.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, Min, OuterRef
from django.db.models.functions import Coalesce

from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import RecordInvalid, parse_record
from plugins.advisories.requirements import Kind
from plugins.facts import SHIPPED_SCOPES
from plugins.models import AdvisoryPackage, Component
from plugins.package import Dependency
from plugins.services.feeds import advisories_about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from plugins.advisories.matching import Answer
    from plugins.advisories.osv import OsvRecord
    from plugins.models import Advisory, VettingRun

logger = logging.getLogger(__name__)

UNNAMED = "an unreadable advisory"

BEGAN = Coalesce("started_at", "queued_at")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What hits one run: ids of advisories, sorted; or why nobody can tell."""

    names: tuple[str, ...] = ()
    problem: str = ""


def exposures(runs: QuerySet[VettingRun]) -> dict[int, Exposure]:
    """The runs among these that are hit, by key. The number of queries does not grow with the runs.

    A run whose stored components are damaged stops no other; its `problem` says what is wrong.
    """
    parts = _named_since(runs)
    packages: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        packages[part.ecosystem].add(part.name)
    answers = _Answers(advisories_about(packages))
    by_run: dict[int, list[Component]] = defaultdict(list)
    for part in parts:
        by_run[part.run_id].append(part)
    found = {run_id: _exposure(run_id, components, answers) for run_id, components in by_run.items()}
    return {run_id: exposure for run_id, exposure in found.items() if exposure.names or exposure.problem}


def _named_since(runs: QuerySet[VettingRun]) -> list[Component]:
    """The shipped components of these runs whose package an advisory names that came after the run began."""
    began = runs.aggregate(earliest=Min(BEGAN))["earliest"]
    if began is None:
        return []
    came = AdvisoryPackage.objects.filter(
        ecosystem=OuterRef("ecosystem"),
        name=OuterRef("name"),
        advisory__seen_at__gt=began,  # the same for all rows, so that the database can begin with the few new ones
        advisory__withdrawn=False,
    ).filter(advisory__seen_at__gt=Coalesce(OuterRef("run__started_at"), OuterRef("run__queued_at")))
    columns = ("run_id", "ecosystem", "name", "requirement", "pinned", "scope", "direct", "advisories")
    shipped = Component.objects.filter(run__in=runs.order_by().values("pk"), scope__in=SHIPPED_SCOPES)
    return list(shipped.filter(Exists(came)).only(*columns).order_by("run_id", "pk"))


def _exposure(run_id: int, components: Iterable[Component], answers: _Answers) -> Exposure:
    try:
        return Exposure(tuple(sorted({name for part in components for name in answers.unknown(part)})))
    except Exception as error:
        logger.exception("the components of run %s cannot be compared with the advisories", run_id)
        return Exposure(problem=f"{type(error).__name__}: {error}"[:1000])


class _Answers:
    """The advisories about some packages, and what they say of each requirement, asked once."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        """Read the records; one that was valid at import and is not any more is kept by the packages it named."""
        records: list[OsvRecord] = []
        broken: dict[int, str] = {}
        for advisory in advisories:
            try:
                records.append(parse_record(advisory.record))
            except RecordInvalid:
                broken[advisory.pk] = str(advisory.record.get("id") or UNNAMED)
        self._index = AdvisoryIndex(records)
        self._unreadable: dict[tuple[str, str], set[str]] = defaultdict(set)
        for named in AdvisoryPackage.objects.filter(advisory__in=broken):
            self._unreadable[named.ecosystem, named.name].add(broken[named.advisory_id])
        self._given: dict[tuple[str, ...], Answer] = {}

    def unknown(self, part: Component) -> Iterator[str]:
        """Ids of what hits a component and does not stand in its row."""
        known = {name for row in part.advisories for name in (row["id"], *row["aliases"])}
        answer = self._answer(part)
        package = answer.requirement.ecosystem, answer.requirement.name
        yield from (match.id for match in answer.matches if not match.names & known)
        yield from (name for name in (*answer.undecided, *self._unreadable[package]) if name not in known)
        if answer.requirement.kind is Kind.UNKNOWN and not answer.requirement.pinned:
            yield from (record.id for record in self._index.about(*package) if record.id not in known)

    def _answer(self, part: Component) -> Answer:
        key = (part.ecosystem, part.name, part.requirement, part.pinned)
        if key not in self._given:
            dependency = Dependency(*key[:3], scope=part.scope, direct=part.direct, pinned=part.pinned or None)
            self._given[key] = self._index.answer(dependency)
        return self._given[key]
