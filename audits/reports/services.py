"""Ask for reports, see them through, and hand them out. Rendering is the worker's: `audits.reports.execute`."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audits.enums import ReportKind, ReportState
from audits.models import Report
from audits.reports.audit import build_audit_report
from audits.reports.common import ReportRefused
from audits.reports.dossier import build_dossier
from audits.reports.snapshot import to_json
from governance import ledger
from governance.canonical import digest
from governance.fsm import ConcurrentTransition, TransitionNotAllowed
from governance.queue import enqueue
from plugins.models import PluginVersion

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from audits.models import Audit
    from audits.reports.documents import Document
    from governance.models import User

TASK = "audits.tasks.render_report"
UNDER_WAY = (ReportState.QUEUED, ReportState.RENDERING)
LOST_AFTER = timedelta(hours=1)
"""Longer than the queue keeps trying a task."""


def visible_reports(user: User) -> QuerySet[Report]:
    """The reports a user may see: with the permission all dossiers, and audit reports with that of audits too.

    Without it, the dossiers of versions of the user's teams.
    """
    if user.has_perm("audits.view_report"):
        dossiers = Report.objects.filter(kind=ReportKind.DOSSIER)
        return Report.objects.all() if user.has_perm("audits.view_audit") else dossiers
    own = PluginVersion.objects.visible_to(user)
    return Report.objects.filter(kind=ReportKind.DOSSIER, version__in=own)


def may_request(user: User, version: PluginVersion) -> bool:
    """Whether a user may ask for the dossier of a version: staff by permission, owners (by guardian) for their own."""
    return user.has_perm("audits.request_report") or user.has_perm("plugins.submit_version", version.plugin)


@transaction.atomic
def request_dossier(*, version: PluginVersion, actor: User | None) -> Report:
    """Freeze what is known about a version and queue the rendering of its dossier. None as actor: the portal itself.

    One that is still under way is returned as it is, so that a second click costs nothing.

    Raises:
        ReportRefused: the actor may not, or no vetting run of it has ended with a result yet.
    """
    if actor is not None and not may_request(actor, version):
        raise ReportRefused(_("You may not ask for the dossier of this version."))
    fail_lost(now=timezone.now(), reports=Report.objects.filter(version=version))
    waiting = Report.objects.filter(kind=ReportKind.DOSSIER, version=version, state__in=UNDER_WAY).first()
    if waiting is not None:
        return waiting
    with translation.override(settings.LANGUAGE_CODE):
        dossier = build_dossier(version=version, actor=actor)
    return _queue(Report(kind=ReportKind.DOSSIER, version=version), dossier, actor)


@transaction.atomic
def request_audit_report(*, audit: Audit, actor: User) -> Report:
    """Freeze an audit with its population and queue its report: once, when it is issued (`audits.campaigns.issue`).

    Raises:
        ReportRefused: there is a report of this audit already.
    """
    if audit.reports.exists():
        raise ReportRefused(_("The report of %(audit)s has been issued already; it never changes.") % {"audit": audit})
    with translation.override(settings.LANGUAGE_CODE):
        document = build_audit_report(audit=audit, actor=actor)
    return _queue(Report(kind=ReportKind.AUDIT, audit=audit), document, actor)


def _queue(report: Report, document: Document, actor: User | None) -> Report:
    report.snapshot = to_json(document)
    report.snapshot_sha256 = digest(report.snapshot)
    report.requested_by = actor
    report.save()
    ledger.record(
        verb="report.requested", subject=report, actor=actor, details={"snapshot_sha256": report.snapshot_sha256}
    )
    enqueue(TASK, report_id=report.pk)
    return report


@transaction.atomic
def retry_report(*, report: Report, actor: User) -> Report:
    """Render a failed report again, from the same snapshot.

    Raises:
        ReportRefused: it has not failed.
    """
    try:
        report.retry()
        report.reason = ""
        report.save(update_fields=["state", "reason"])
    except (TransitionNotAllowed, ConcurrentTransition) as refusal:
        raise ReportRefused(_("Only a failed report can be tried again.")) from refusal
    ledger.record(verb="report.retried", subject=report, actor=actor)
    enqueue(TASK, report_id=report.pk)
    return report


@transaction.atomic
def fail_lost(*, now: datetime, reports: QuerySet[Report] | None = None) -> int:
    """Let reports fail that no worker has finished in an hour, so that they can be tried again; returns how many."""
    waiting = (Report.objects.all() if reports is None else reports).filter(state__in=UNDER_WAY)
    latest = Report.history.filter(id=OuterRef("pk")).order_by("-history_date").values("history_date")[:1]
    lost = waiting.annotate(moved_at=Subquery(latest)).filter(moved_at__lt=now - LOST_AFTER)
    count = 0
    for report in lost.select_related("version__plugin", "audit"):
        report.fail()
        report.reason = _("No worker finished it within an hour. Is the worker running?")
        report.finished_at = now
        report.save(update_fields=["state", "reason", "finished_at"])
        ledger.record(verb="report.failed", subject=report, details={"reason": report.reason})
        count += 1
    return count


@transaction.atomic
def read_report(*, report: Report, actor: User) -> bytes:
    """The bytes of a finished report, checked against the digest noted when it was made; the ledger notes who took it.

    Raises:
        ReportRefused: it is not ready, or the stored file is gone or altered.
    """
    if report.state != ReportState.READY:
        raise ReportRefused(_("This report is not ready."))
    try:
        with report.file.storage.open(str(report.file.name), "rb") as file:
            content: bytes = file.read()
    except OSError as problem:
        raise ReportRefused(_("The stored file of this report is missing.")) from problem
    if hashlib.sha256(content).hexdigest() != report.file_sha256:
        raise ReportRefused(_("The stored file of this report has been altered."))
    ledger.record(verb="report.downloaded", subject=report, actor=actor, details={"sha256": report.file_sha256})
    return content


def filename(report: Report) -> str:
    """What a download is called, in characters every file system takes."""
    name = str(report.version or (report.audit.code if report.audit else report.pk))
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:120]
    return f"{report.kind}-{safe}-{report.pk}.pdf"
