"""The order of the day: an owner's run never waits behind a sweep of the portal's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from governance.queue import enqueue
from plugins.enums import SWEEPS, RunState
from plugins.models import HuntBatch, VettingRun

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = timedelta(minutes=2)
"""How long a queued run waits for a worker before its task counts as lost."""
LONG_WAIT = timedelta(hours=1)
"""After this a sweep's run gives way no more."""


@transaction.atomic
def release_sweeps(*, now: datetime) -> int:
    """Hand waiting runs of sweeps to the workers, oldest first, as far as there is room; returns how many.

    At most SWEEP_RUNS are under way at once, batches of hunts included, so that a worker is left for owners; none more
    begins while an owner's run waits, but for one that has itself waited for an hour.
    """
    room = _room()
    if room <= 0:
        return 0
    waiting = VettingRun.objects.waiting()
    if owner_waits():
        waiting = waiting.filter(queued_at__lt=now - LONG_WAIT)
    released = list(waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:room])
    for run in released:
        run.released_at, run.lease_until = now, now + PATIENCE
        run.save(update_fields=["released_at", "lease_until"])
        enqueue("plugins.tasks.run_vetting", run_id=run.pk)
    return len(released)


@transaction.atomic
def release_batches(*, now: datetime) -> int:
    """Hand waiting batches of hunts to the workers, oldest hunt first, by the same rules; returns how many."""
    room = _room()
    if room <= 0:
        return 0
    waiting = HuntBatch.objects.waiting()
    if owner_waits():
        waiting = waiting.filter(queued_at__lt=now - LONG_WAIT)
    released = list(waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:room])
    for batch in released:
        batch.released_at, batch.lease_until = now, now + PATIENCE
        batch.save(update_fields=["released_at", "lease_until"])
        enqueue("plugins.tasks.hunt_batch", batch_id=batch.pk)
    return len(released)


def owner_waits() -> bool:
    """Whether a run that somebody waits for has not begun."""
    return VettingRun.objects.exclude(trigger__in=SWEEPS).filter(state=RunState.QUEUED).exists()


def _room() -> int:
    sweeps = VettingRun.objects.of_sweeps().unfinished().exclude(released_at=None).count()
    return int(settings.SWEEP_RUNS) - sweeps - HuntBatch.objects.under_way().count()
