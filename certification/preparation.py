"""What certification needs in place: signing keys, the daily revalidation and the status list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certification import trust_roots
from certification.attest.private_files import KeysRefusedError
from governance.preparation import NotPrepared, register
from governance.schedules import ensure_schedule

if TYPE_CHECKING:
    from governance.preparation import Say

DAY = 24 * 60
HOUR = 60


def make_keys(_say: Say) -> None:
    """Make the signing keys on the first run and write them to the ledger; refuse keys others could read."""
    try:
        trust_roots.note()
    except KeysRefusedError as refusal:
        raise NotPrepared(str(refusal)) from refusal


def schedule_revalidation(_say: Say) -> None:
    """Look daily for certificates that have to be re-earned, and hourly whether the status list is due."""
    ensure_schedule(name="revalidation", task="certification.tasks.revalidate_due", minutes=DAY)
    ensure_schedule(name="status list", task="certification.tasks.refresh_status_list", minutes=HOUR)


def register_steps() -> None:
    """Called once, when the app is ready."""
    register(order=10, title="Signing keys", take=make_keys)
    register(order=31, title="Schedules", take=schedule_revalidation)
