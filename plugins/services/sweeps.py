"""The order of the day: an owner's run never waits behind a sweep of the portal's own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from governance.queue import enqueue
from plugins.enums import SWEEPS, RunState
from plugins.models import VettingRun

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = timedelta(minutes=2)
"""How long a queued run waits for a worker before its task counts as lost."""
LONG_WAIT = timedelta(hours=1)
"""After this a sweep's run gives way no more."""


@transaction.atomic
def release_sweeps(*, now: datetime) -> int:
    """Hand waiting runs of sweeps to the workers, oldest first, as far as there is room; returns how many.

    At most SWEEP_RUNS are under way at once, so that a worker is left for owners; none more begins while an owner's
    run waits, but for one that has itself waited for an hour.
    """
    room = settings.SWEEP_RUNS - VettingRun.objects.of_sweeps().unfinished().exclude(released_at=None).count()
    if room <= 0:
        return 0
    waiting = VettingRun.objects.waiting()
    if VettingRun.objects.exclude(trigger__in=SWEEPS).filter(state=RunState.QUEUED).exists():
        waiting = waiting.filter(queued_at__lt=now - LONG_WAIT)
    released = list(waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:room])
    for run in released:
        run.released_at, run.lease_until = now, now + PATIENCE
        run.save(update_fields=["released_at", "lease_until"])
        enqueue("plugins.tasks.run_vetting", run_id=run.pk)
    return len(released)
