"""What the ledger needs in place: digests of older history rows, and its schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import preparation
from governance.ledger.history import adopt
from governance.ledger.sequencer import sequence
from governance.schedules import ensure_schedule

if TYPE_CHECKING:
    from governance.preparation import Say


def number_what_is_there(say: Say) -> None:
    """Take history rows and events of before into the tree, once."""
    if count := adopt():
        say(f"{count} older history rows are in the ledger now.")
    sequence(thorough=True)


def schedule_ledger(_say: Say) -> None:
    """Number events every minute, sign the tree twice an hour."""
    ensure_schedule(name="ledger: number events", task="governance.tasks.sequence_ledger", minutes=1)
    ensure_schedule(name="ledger: sign a checkpoint", task="governance.tasks.sign_ledger", minutes=30)


def register_steps() -> None:
    """Called once, when the app is ready."""
    preparation.register(order=5, title="Ledger", take=number_what_is_there)
    preparation.register(order=32, title="Schedules of the ledger", take=schedule_ledger)
