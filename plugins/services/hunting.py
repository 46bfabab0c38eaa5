"""Look for one rule in stored versions: in their packages, unpacked anew, or in what their last runs wrote down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from plugins import slots
from plugins.archive import ArchiveRefused
from plugins.checks.base import NO_RESULT
from plugins.checks.detection import CODE
from plugins.config import archive_limits
from plugins.detection import lists
from plugins.detection.rule import FILE_KINDS, Hit, Kind
from plugins.detection.searching import search
from plugins.formats import PackageRefused
from plugins.intake import intake
from plugins.models import ArtifactDamaged, CheckRun, Component, Finding, Observation, PluginVersion, VettingRun
from plugins.package import Dependency
from plugins.sandbox import SandboxUnavailable
from plugins.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.detection.rule import Rule

UNREADABLE = (ArtifactDamaged, ArchiveRefused, PackageRefused, SandboxUnavailable, OSError)
SECRETS = "secrets"
WITHHELD = "(not kept: credentials were found in this file)"
SEES = {Kind.HOST: "static", Kind.DEPENDENCY: "dependencies"}
"""The check without whose result the rows of a run do not answer a rule."""


@dataclass(slots=True)
class Answer:
    """What is known of one version: where the rule hits, and why it could not be told everywhere."""

    hits: list[Hit] = field(default_factory=list)
    gap: str = ""
    beyond: int = 0


def look(rule: Rule, version: PluginVersion) -> Answer:
    """Look through the stored package of a version. Runs nothing of it; never raises for what it holds."""
    try:
        with work_folder("hunt") as folder:
            version.artifact.copy_to(folder / "artifact")
            filename = version.artifact.filename
            with (
                intake(folder / "artifact", filename=filename, work=folder, limits=archive_limits()) as taken,
                slots.hold(settings.CACHE_DIR / "slots", CODE),
            ):
                found = search([rule], taken.root, taken.package.files)
    except UNREADABLE as problem:
        return Answer(gap=str(problem) or type(problem).__name__)
    found.hits = _without_credentials(version, found.hits)
    gaps = [f"The rule {why}." for why in found.broken.values()]
    if found.unread:
        first = min(found.unread)
        gaps.append(
            _("%(count)d files were not looked at; %(path)s: %(why)s.")
            % {"count": len(found.unread), "path": first, "why": found.unread[first]}
        )
    return Answer(found.hits, " ".join(gaps), sum(found.beyond.values()))


def _without_credentials(version: PluginVersion, hits: list[Hit]) -> list[Hit]:
    """The hits; of a file in which credentials were found no text is kept, since one may stand on the same line."""
    known = Finding.objects.filter(run__version=version, check_code=SECRETS, path__in={hit.path for hit in hits})
    secretive = set(known.values_list("path", flat=True)) if hits else set()
    return [replace(hit, text=WITHHELD) if hit.path in secretive else hit for hit in hits]


def look_up(rule: Rule, versions: Sequence[PluginVersion]) -> dict[int, Answer]:
    """What the last runs of versions wrote down about hosts or dependencies, in a few queries; by version id."""
    newest = (
        VettingRun.objects.ended().filter(version=OuterRef("pk"), report__isnull=False).order_by("-finished_at", "-pk")
    )
    runs = dict(
        PluginVersion.objects.filter(pk__in=[version.pk for version in versions])
        .annotate(newest_run=Subquery(newest.values("pk")[:1]))
        .values_list("pk", "newest_run")
    )
    known = {run: pk for pk, run in runs.items() if run is not None}
    answers = {version.pk: Answer() for version in versions}
    for pk, run in runs.items():
        if run is None:
            answers[pk].gap = _("No vetting run of it came to an end.")
    silent = CheckRun.objects.filter(run__in=known, code=SEES[rule.kind], status__in=NO_RESULT)
    for run in silent.values_list("run_id", flat=True):
        answers[known[run]].gap = _("The check %(check)s gave no result in its last run.") % {"check": SEES[rule.kind]}
    source = _hosts if rule.kind is Kind.HOST else _dependencies
    for run, hit, doubt in source(rule, list(known)):
        if hit:
            answers[known[run]].hits.append(hit)
        else:
            answers[known[run]].gap = doubt
    return answers


def reads_packages(rule: Rule) -> bool:
    """Whether the packages themselves have to be read, which takes a second each."""
    return rule.kind in FILE_KINDS


def _hosts(rule: Rule, runs: list[int]) -> Iterator[tuple[int, Hit | None, str]]:
    listed = lists.hosts(rule.body)
    named = Q(value__in=[entry for entry in listed if not entry.startswith("*.")])
    for entry in listed:
        if entry.startswith("*."):
            named |= Q(value__endswith=entry[1:])
    seen: dict[int, set[str]] = defaultdict(set)
    rows = Observation.objects.filter(named, run__in=runs, kind=Observation.Kind.HOST)
    for run, host, path, line, snippet in rows.values_list("run_id", "value", "path", "line", "snippet"):
        seen[run].add(host)
        yield run, Hit(rule, path, line, snippet or host), ""
    # what only the declaration or the manifest names was never observed
    for run, uses in VettingRun.objects.filter(pk__in=runs).values_list("pk", "report__egress"):
        for use in uses or ():
            host = str(use.get("host", ""))
            if host not in seen[run] and lists.host_hit(listed, host):
                yield run, Hit(rule, text=_("%(host)s, as declared or in the manifest") % {"host": host}), ""


def _dependencies(rule: Rule, runs: list[int]) -> Iterator[tuple[int, Hit | None, str]]:
    listed = lists.dependencies(rule.body)
    named = Q(requirement__startswith="npm:")  # may be another package under this name
    for entry in listed:
        if entry.name.endswith("/*"):
            named |= Q(ecosystem=entry.ecosystem, name__startswith=entry.name[:-1])
        else:
            named |= Q(ecosystem=entry.ecosystem, name=entry.name)
    for part in Component.objects.filter(named, run__in=runs):
        dependency = Dependency(
            part.ecosystem, part.name, part.requirement, part.scope, direct=part.direct, pinned=part.pinned or None
        )
        for found, why, decided in lists.dependency_hits(rule, listed, [dependency]):
            if decided:
                yield part.run_id, lists.as_hit(rule, found, why), ""
            else:
                yield part.run_id, None, f"{found.name}: {why}."
