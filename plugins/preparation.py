"""What vetting needs in place: warmed engine caches, and the watchdog's schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from governance.preparation import NotPrepared, register
from governance.schedules import ensure_schedule
from plugins.checks.warm import warm
from plugins.sandbox import SandboxUnavailable
from plugins.work import sweep

if TYPE_CHECKING:
    from governance.preparation import Say


def warm_engines(say: Say) -> None:
    """Compile the rules of the secret and malware scanners once."""
    if not (settings.CACHE_DIR / "kingfisher").exists():
        say("Warming the scanners' rule caches (once) …")
    try:
        warm(settings.CACHE_DIR)
    except SandboxUnavailable as missing:
        raise NotPrepared(str(missing)) from missing


def schedule_watchdog(_say: Say) -> None:
    """Look for lost vetting runs every minute, and for what begins or ends by its date every hour."""
    ensure_schedule(name="vetting watchdog", task="plugins.tasks.watchdog", minutes=1)
    ensure_schedule(name="waivers and file decisions", task="plugins.tasks.keep_calendar", minutes=60)


def sweep_work(_say: Say) -> None:
    """Remove what processes that were killed left behind."""
    sweep()


def register_steps() -> None:
    """Called once, when the app is ready."""
    register(order=20, title="Scanner caches", take=warm_engines)
    register(order=30, title="Schedules", take=schedule_watchdog)
    register(order=30, title="Work folders", take=sweep_work)
