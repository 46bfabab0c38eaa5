"""Tasks of the worker: ids in, one service called. Each may run twice.

No other module imports this one, so that only the worker loads the engines of the PDFs.
"""

from __future__ import annotations

from django.utils import timezone

from audits.reports.execute import execute_report
from audits.reports.services import fail_lost


def render_report(*, report_id: int) -> str:
    """Render a report that waits; quiet where it is ready or failed already."""
    report = execute_report(report_id=report_id)
    return f"report {report_id}: {report.state}" if report else f"report {report_id}: nothing to do"


def watchdog() -> str:
    """Let reports fail whose worker was lost, so that they can be tried again."""
    return f"{fail_lost(now=timezone.now())} reports given up"
