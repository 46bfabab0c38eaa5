"""Carry a rendering out, in the worker: from the frozen snapshot to a file with its digest, or to a visible failure."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from audits.enums import ReportState
from audits.models import Report
from audits.reports.render import Rendered, RenderingFailed, render
from audits.reports.services import filename
from audits.reports.snapshot import SnapshotInvalid
from governance import ledger
from governance.canonical import digest
from governance.fsm import ConcurrentTransition, TransitionNotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


def execute_report(*, report_id: int) -> Report | None:
    """Render a report that waits. Safe to run twice: what is ready or failed is left alone.

    Returns:
        The report with its new state; None where there is nothing to do.
    """
    report = _start(report_id)
    if report is None:
        return None
    try:
        rendered = _render(report)
    except (RenderingFailed, SnapshotInvalid) as problem:
        return _fail(report, str(problem))
    except Exception as problem:  # a report must never be left hanging; the log has the traceback
        logger.exception("report %s could not be rendered", report_id)
        return _fail(report, f"{type(problem).__name__}: {problem}")
    return _finish(report, rendered)


def _render(report: Report) -> Rendered:
    if report.snapshot is None or digest(report.snapshot) != report.snapshot_sha256:
        raise RenderingFailed("The stored snapshot is not the one that was frozen: its digest differs.")
    return render(report.snapshot)


@transaction.atomic
def _start(report_id: int) -> Report | None:
    report = Report.objects.select_related("version__plugin", "audit").filter(pk=report_id).first()
    if report is None or report.state not in {ReportState.QUEUED, ReportState.RENDERING}:
        return None
    return report if _moved(report, report.start, "state") else None


@transaction.atomic
def _finish(report: Report, rendered: Rendered) -> Report | None:
    report.file_sha256 = hashlib.sha256(rendered.content).hexdigest()
    report.pages = rendered.pages
    report.finished_at = timezone.now()
    report.reason = ""
    report.file.save(filename(report), ContentFile(rendered.content), save=False)
    if not _moved(report, report.finish, "state", "file", "file_sha256", "pages", "finished_at", "reason"):
        report.file.storage.delete(str(report.file.name))  # another worker was first, its file stays
        return None
    ledger.record(
        verb="report.ready",
        subject=report,
        details={
            "sha256": report.file_sha256,
            "snapshot_sha256": report.snapshot_sha256,
            "pages": report.pages,
        },
    )
    return report


@transaction.atomic
def _fail(report: Report, reason: str) -> Report | None:
    report.reason = reason[:2000]
    report.finished_at = timezone.now()
    if not _moved(report, report.fail, "state", "reason", "finished_at"):
        return None
    ledger.record(verb="report.failed", subject=report, details={"reason": report.reason})
    return report


def _moved(report: Report, move: Callable[[], None], *fields: str) -> bool:
    """Move and save; False where another worker was first."""
    try:
        with transaction.atomic():
            move()
            report.save(update_fields=fields)
    except (TransitionNotAllowed, ConcurrentTransition):
        return False
    return True
