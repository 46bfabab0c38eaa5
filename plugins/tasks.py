"""Tasks of the worker: ids in, one service called. Each may run twice."""

from __future__ import annotations

from django.utils import timezone

from plugins import services
from plugins.services import file_decisions, hunts, waivers
from plugins.work import sweep


def run_vetting(*, run_id: int) -> str:
    """Carry one vetting run out; quiet where it has ended or another worker holds it."""
    run = services.execute_run(run_id=run_id)
    return f"run {run_id}: {run.state}" if run else f"run {run_id}: nothing to do"


def hunt_batch(*, batch_id: int) -> str:
    """Carry one batch of a hunt out; quiet where it has ended or another worker holds it."""
    batch = hunts.execute_batch(batch_id=batch_id)
    return f"batch {batch_id}: {batch.state}" if batch else f"batch {batch_id}: nothing to do"


def keep_calendar() -> str:
    """Begin and end waivers, end decisions about files, by their dates; may run at any time."""
    today = timezone.localdate()
    moved, ended = waivers.keep_calendar(today=today), file_decisions.end_run_out(today=today)
    return f"{moved} waivers moved, {ended} file decisions ended"


def watchdog() -> str:
    """Queue runs again whose worker was lost, remove what it left behind, let waiting sweeps and hunts go on."""
    now = timezone.now()
    hunts.requeue_lost_batches(now=now)
    services.release_batches(now=now)
    taken_up, released, swept = services.requeue_lost(now=now), services.release_sweeps(now=now), sweep()
    return f"{taken_up} runs taken up again, {released} of sweeps released, {swept} work folders removed"
