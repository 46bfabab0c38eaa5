"""What reports need in place, and in demo mode the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audits.demo.step import load_demo
from governance.preparation import register
from governance.schedules import ensure_schedule

if TYPE_CHECKING:
    from governance.preparation import Say


def schedule_watchdog(_say: Say) -> None:
    """Look for reports no worker finished, every ten minutes."""
    ensure_schedule(name="report watchdog", task="audits.tasks.watchdog", minutes=10)


def register_steps() -> None:
    """Called once, when the app is ready."""
    register(order=30, title="Schedules of reports", take=schedule_watchdog)
    register(order=90, title="Demo", take=load_demo)
