"""Tasks of the worker: ids in, one service called. Each may run twice."""

from __future__ import annotations

from django.utils import timezone

from plugins import services
from plugins.work import sweep


def run_vetting(*, run_id: int) -> str:
    """Carry one vetting run out; quiet where it has ended or another worker holds it."""
    run = services.execute_run(run_id=run_id)
    return f"run {run_id}: {run.state}" if run else f"run {run_id}: nothing to do"


def watchdog() -> str:
    """Queue runs again whose worker was lost, and remove what it left behind."""
    taken_up, swept = services.requeue_lost(now=timezone.now()), sweep()
    return f"{taken_up} runs taken up again, {swept} work folders removed"
