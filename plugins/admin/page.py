"""The evidence page of one version: what a reviewer needs to see, as context for its templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.lineage import events_about
from plugins.admin.criteria import Criteria, CriterionRow, criteria_view
from plugins.admin.sections import FilledSection, filled
from plugins.presenters import Evidence, Progress, evidence_of, progress_of
from plugins.standing import standing_as_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model
    from django.http import HttpRequest

    from governance.lineage import LineageEntry
    from plugins.enums import Standing
    from plugins.models import OriginFile, PluginVersion, Submission, VettingRun

EARLIER = 10
"""Earlier versions, submissions and ledger rows shown; the rest is a link away."""


@dataclass(frozen=True, slots=True)
class VersionPage:
    """All of it. `run` is the run whose evidence is shown, `evidence` None where there is none yet."""

    version: PluginVersion
    run: VettingRun | None
    evidence: Evidence | None
    criteria: Criteria | None
    progress: Progress | None
    origins: tuple[OriginFile, ...]
    """What was handed in to show where it comes from."""
    submissions: tuple[Submission, ...]
    earlier: tuple[PluginVersion, ...]
    runs: tuple[VettingRun, ...]
    declaration: tuple[tuple[str, Any], ...]
    data_flows: tuple[Mapping[str, Any], ...]
    failure_modes: tuple[Mapping[str, Any], ...]
    scenarios: tuple[Mapping[str, Any], ...]
    events: tuple[LineageEntry, ...]
    sections: tuple[FilledSection, ...]
    standing: Standing
    """Of the plugin, as of now."""

    @property
    def submission(self) -> Submission | None:
        """The newest submission."""
        return self.submissions[0] if self.submissions else None


def version_page(
    request: HttpRequest, version: PluginVersion, *, run: VettingRun | None = None, about: Iterable[Model] = ()
) -> VersionPage:
    """Build the page. `run` chooses an ended run (default: the newest); `about` adds objects to the lineage."""
    runs = tuple(version.runs.select_related("policy").defer("report")[:EARLIER])
    open_run = next((row for row in runs if row.state in {"queued", "running"}), None)
    ended = run or next((row for row in runs if row.state not in {"queued", "running"}), None)
    evidence = evidence_of(ended) if ended else None
    return VersionPage(
        version=version,
        run=ended,
        evidence=evidence,
        criteria=criteria_view(map(CriterionRow, evidence.criteria)) if evidence else None,
        progress=progress_of(open_run) if open_run else None,
        origins=tuple(version.origins.select_related("handed_in_by")),
        submissions=tuple(version.submissions.select_related("submitted_by")[:EARLIER]),
        earlier=tuple(
            type(version)
            .objects.filter(plugin=version.plugin_id)
            .exclude(pk=version.pk)
            .select_related("plugin")
            .defer("metadata", "declaration")[:EARLIER]
        ),
        runs=runs,
        declaration=_declared(version.declaration),
        data_flows=_listed(version.declaration, "data_flows"),
        failure_modes=_listed(version.declaration, "failure_modes"),
        scenarios=_listed(version.declaration, "scenarios"),
        events=events_about([version, version.artifact, *runs, *about], limit=EARLIER),
        sections=filled(request, version),
        standing=standing_as_of(version.plugin, timezone.now()),
    )


def _declared(document: Any) -> tuple[tuple[str, Any], ...]:
    """The plain statements of a declaration, as (label, value), what is not stated included."""
    given: Mapping[str, Any] = document if isinstance(document, dict) else {}
    support = given.get("support")
    support = support if isinstance(support, dict) else {}
    coverage = given.get("test_coverage")
    rows = (
        (_("Support until"), support.get("until")),
        (_("Support contact"), support.get("contact")),
        (_("Update cadence"), given.get("update_cadence")),
        (_("Rollback version"), given.get("rollback_version")),
        (_("Behaviour on failure"), given.get("failure_mode")),
        (_("Test command"), given.get("test_command")),
        (_("Test evidence"), given.get("test_evidence")),
        (_("Coverage report"), given.get("coverage_report")),
        (_("Test coverage"), None if coverage is None else f"{coverage} %"),
        (_("Load evidence"), given.get("load_evidence")),
        (_("Reproducible build"), given.get("reproducible_build")),
        (_("Secrets it asks for"), ", ".join(map(str, given.get("secrets") or ()))),
        (_("Environment variables"), ", ".join(map(str, given.get("env") or ()))),
    )
    return tuple((name, value or "") for name, value in rows)


def _listed(document: Any, name: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of one list of a declaration."""
    listed = document.get(name) if isinstance(document, dict) else None
    return tuple(one for one in listed or () if isinstance(one, dict))
