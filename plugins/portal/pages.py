"""What the plugin's and the version's page are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils import timezone

from governance.lineage import events_about
from plugins.enums import RUN_OPEN, RunState, VersionState
from plugins.models import VettingRun
from plugins.portal.criteria import criteria_of
from plugins.portal.outlook import provider
from plugins.portal.queries import newest_runs
from plugins.portal.words import situation_of
from plugins.presenters import evidence_of, progress_of
from plugins.services.teams import may_submit
from plugins.standing import standing_as_of

if TYPE_CHECKING:
    from governance.models import User
    from plugins.models import Plugin, PluginVersion

VERSIONS_PER_PAGE = 20
EVENTS = 30
PROVABLE = frozenset({VersionState.IN_REVIEW})
"""States in which owners may add proof of origin: elsewhere another vetting would move the version."""
WITHDRAWABLE = frozenset({VersionState.SUBMITTED, VersionState.IN_REVIEW, VersionState.CHANGES_REQUESTED})


def newest_run(version: PluginVersion) -> VettingRun | None:
    """The newest run of a version, with its policy."""
    return VettingRun.objects.filter(version=version).select_related("policy").order_by("-queued_at", "-id").first()


def newest_report(version: PluginVersion) -> dict[str, Any] | None:
    """The report of the newest run that has one."""
    runs = VettingRun.objects.filter(version=version).exclude(state__in=RUN_OPEN).order_by("-queued_at", "-id")
    reports = (run.report for run in runs.only("report")[:10])
    return next((report for report in reports if isinstance(report, dict) and report), None)


def plugin_page(plugin: Plugin, page_number: str | None) -> dict[str, Any]:
    """Versions with their newest run, certificates of all of them, and what happened."""
    now = timezone.now()
    versions = plugin.versions.select_related("artifact").defer("metadata", "declaration")
    page = Paginator(versions, VERSIONS_PER_PAGE).get_page(page_number)
    shown = list(page.object_list)
    runs = newest_runs([version.pk for version in shown])
    certificates = provider().of_plugin(plugin, now)
    return {
        "plugin": plugin,
        "page": page,
        "rows": [{"version": version, "run": runs.get(version.pk)} for version in shown],
        "certificates": certificates,
        "standing": standing_as_of(plugin, now),
        "in_force": next((note for note in certificates if note.in_force), None),
        "events": events_about([plugin, *shown], limit=EVENTS),
    }


def version_page(version: PluginVersion, user: User) -> dict[str, Any]:
    """Where the version stands, and the evidence of its newest run."""
    run = newest_run(version)
    outlook = provider().of_version(version, timezone.now())
    acts = user.has_perm("plugins.submit_version", version.plugin)
    submits = acts and may_submit(user)
    under_way = run is not None and run.state in RUN_OPEN
    evidence = evidence_of(run) if run is not None and not under_way else None
    criteria = criteria_of(evidence, outlook.answers) if evidence is not None else None
    blocked = criteria is not None and bool(criteria.blocking)
    return {
        "version": version,
        "plugin": version.plugin,
        "run": run,
        "situation": situation_of(version, run, outlook, blocked=blocked),
        "outlook": outlook,
        "progress": progress_of(run) if run is not None and under_way else None,
        "evidence": evidence,
        "criteria": criteria,
        "submission": version.submissions.select_related("submitted_by").first(),
        "may_retry": acts and run is not None and run.state == RunState.ERRORED,
        "may_prove": submits and version.state in PROVABLE,
        "may_withdraw": acts and version.state in WITHDRAWABLE,
        "may_submit": submits,
    }
