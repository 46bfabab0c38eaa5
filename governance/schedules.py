"""Django-q2 schedules, created once and left as operators set them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_q.models import Schedule


def ensure_schedule(*, name: str, task: str, minutes: int) -> None:
    """Have a task run every so many minutes, from now on; a schedule of that name is left alone."""
    Schedule.objects.get_or_create(
        name=name,
        defaults={
            "func": task,
            "schedule_type": Schedule.MINUTES,
            "minutes": minutes,
            "repeats": -1,
            "next_run": timezone.now() + timedelta(minutes=1),
        },
    )
