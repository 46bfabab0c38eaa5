"""Which stored runs are hit by advisories that they did not know of when they were made.

No engine is started. The database narrows the stored components down to those whose package is named by an advisory
that has come, or changed, since their run began, or whose CVE is now known to be exploited, or likely to be. Only these
few rows are compared with the advisories, version by version. An advisory that names a shipped package and cannot be
read, or compared with its version, counts as a hit, and so does a requirement nobody can read: the next run has to
tell.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Min, OuterRef
from django.db.models.functions import Coalesce

from governance.services import published_rules
from plugins.advisories.exploitation import cves_of
from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import RecordInvalid, parse_record
from plugins.advisories.requirements import Kind
from plugins.checks.exploited import epss_words, with_exploitation
from plugins.models import AdvisoryCve, AdvisoryPackage, Component, EpssScore, ExploitationFeed, KnownExploited
from plugins.package import SHIPPED_SCOPES, Dependency
from plugins.services.exploitation import exploitation_of
from plugins.services.feeds import advisories_about

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from governance.policies.rules import RiskWeights
    from plugins.advisories.matching import Answer, Match
    from plugins.advisories.osv import OsvRecord
    from plugins.models import Advisory, VettingRun

logger = logging.getLogger(__name__)

UNNAMED = "an unreadable advisory"
EPSS_HIGH = "epss_high"

BEGAN = Coalesce("started_at", "queued_at")
RUN_BEGAN = Coalesce(OuterRef("run__started_at"), OuterRef("run__queued_at"))


@dataclass(frozen=True, slots=True)
class Exposure:
    """What hits one run: ids of advisories, some with a word on their exploitation, sorted; or why nobody can tell."""

    names: tuple[str, ...] = ()
    problem: str = ""


def exposures(runs: QuerySet[VettingRun]) -> dict[int, Exposure]:
    """The runs among these that are hit, by key. The number of queries does not grow with the runs.

    A run whose stored components are damaged stops no other; its `problem` says what is wrong.
    """
    began = runs.aggregate(earliest=Min(BEGAN))["earliest"]
    if began is None:
        return {}
    weights = published_rules().risk
    parts = {part.pk: part for part in (*_named_since(runs, began), *_exploited_since(runs, began, weights))}
    packages: dict[str, set[str]] = defaultdict(set)
    for part in parts.values():
        packages[part.ecosystem].add(part.name)
    answers = _Answers(advisories_about(packages), weights)
    by_run: dict[int, list[Component]] = defaultdict(list)
    for part in parts.values():
        by_run[part.run_id].append(part)
    found = {run_id: _exposure(run_id, components, answers) for run_id, components in by_run.items()}
    return {run_id: exposure for run_id, exposure in found.items() if exposure.names or exposure.problem}


def _named_since(runs: QuerySet[VettingRun], began: datetime) -> QuerySet[Component]:
    """The shipped components of these runs whose package an advisory names that came after the run began."""
    came = AdvisoryPackage.objects.filter(
        ecosystem=OuterRef("ecosystem"),
        name=OuterRef("name"),
        advisory__seen_at__gt=began,  # the same for all rows, so that the database can begin with the few new ones
        advisory__withdrawn=False,
    ).filter(advisory__seen_at__gt=RUN_BEGAN)
    return _shipped(runs).filter(Exists(came))


def _exploited_since(runs: QuerySet[VettingRun], began: datetime, weights: RiskWeights) -> Iterator[Component]:
    """Those with an advisory whose CVE is now known to be exploited, or likely to be; by what was imported since."""
    for kind, imported_at in ExploitationFeed.objects.filter(imported_at__gt=began).values_list("kind", "imported_at"):
        cves: QuerySet[Any, Any] = KnownExploited.objects.filter(seen_at__gt=began).values("cve")
        if kind == ExploitationFeed.Kind.EPSS:
            cves = EpssScore.objects.filter(score__gte=weights.epss_from["elevated"]).values("cve")
        named = AdvisoryPackage.objects.filter(
            ecosystem=OuterRef("ecosystem"),
            name=OuterRef("name"),
            advisory__in=AdvisoryCve.objects.filter(cve__in=cves).values("advisory"),
            advisory__withdrawn=False,
        )
        yield from (
            _shipped(runs)
            .annotate(began=Coalesce("run__started_at", "run__queued_at"))
            .filter(Exists(named), began__lt=imported_at)
        )


def _shipped(runs: QuerySet[VettingRun]) -> QuerySet[Component]:
    columns = ("run_id", "ecosystem", "name", "requirement", "pinned", "scope", "direct", "advisories")
    shipped = Component.objects.filter(run__in=runs.order_by().values("pk"), scope__in=SHIPPED_SCOPES)
    return shipped.only(*columns).order_by("run_id", "pk")


def _exposure(run_id: int, components: Iterable[Component], answers: _Answers) -> Exposure:
    try:
        return Exposure(tuple(sorted({name for part in components for name in answers.unknown(part)})))
    except Exception as error:
        logger.exception("the components of run %s cannot be compared with the advisories", run_id)
        return Exposure(problem=f"{type(error).__name__}: {error}"[:1000])


class _Answers:
    """The advisories about some packages, and what they say of each requirement, asked once."""

    def __init__(self, advisories: Sequence[Advisory], weights: RiskWeights) -> None:
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
        self._exploitation = exploitation_of(cve for advisory in advisories for cve in cves_of(advisory.record))
        self._weights = weights
        self._given: dict[tuple[str, ...], Answer] = {}

    def unknown(self, part: Component) -> Iterator[str]:
        """Ids of what hits a component and does not stand in its row."""
        known = {name for row in part.advisories for name in (row["id"], *row["aliases"])}
        answer = self._answer(part)
        package = answer.requirement.ecosystem, answer.requirement.name
        for match in answer.matches:
            if not match.names & known:
                yield match.id
            elif worse := self._worse(match, part.advisories):
                yield f"{match.id} ({worse})"
        yield from (name for name in (*answer.undecided, *self._unreadable[package]) if name not in known)
        if answer.requirement.kind is Kind.UNKNOWN and not answer.requirement.pinned:
            yield from (record.id for record in self._index.about(*package) if record.id not in known)

    def _worse(self, match: Match, recorded: list[dict[str, Any]]) -> str:
        """What is known of the exploitation of a known fault and was not when the run was made; empty: nothing."""
        recorded = [row for row in recorded if match.names & {row["id"], *row["aliases"]}]
        if match.exploited_since and not any(row.get("exploited_since") for row in recorded):
            return f"known exploited since {match.exploited_since}"
        level = self._weights.epss_level(match.epss)
        levels = {self._weights.epss_level(row.get("epss")) for row in recorded}
        if level and level not in levels and EPSS_HIGH not in levels:
            return epss_words(match.epss or 0.0, match.percentile or 0.0)
        return ""

    def _answer(self, part: Component) -> Answer:
        key = (part.ecosystem, part.name, part.requirement, part.pinned)
        if key not in self._given:
            dependency = Dependency(*key[:3], scope=part.scope, direct=part.direct, pinned=part.pinned or None)
            [self._given[key]] = with_exploitation([self._index.answer(dependency)], self._exploitation)
        return self._given[key]
