"""Keep a lease while engines work, so that it can be short: a process that was killed beats no more."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def heartbeat(renew: Callable[[], object], *, every: float) -> Iterator[None]:
    """Call `renew` every so many seconds, in a thread with a database connection of its own."""
    over = Event()
    beating = Thread(target=_beat, args=(renew, every, over), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def _beat(renew: Callable[[], object], every: float, over: Event) -> None:
    end = time.monotonic() + settings.TASK_TIMEOUT  # a worker that hangs is lost as well
    while not over.wait(every) and time.monotonic() < end:
        try:
            renew()
        finally:
            connection.close()  # this thread's own
