"""Tasks of the worker: what the ledger needs done by schedule. Each may run twice."""

from __future__ import annotations

from governance import ledger
from governance.ledger import witnesses
from governance.models import LedgerCheckpoint


def sequence_ledger() -> str:
    """Number the events that a commit left waiting."""
    return f"{ledger.sequence()} events numbered"


def sign_ledger() -> str:
    """Sign the tree; raises where it may not be signed, so that the schedule's page shows it."""
    return f"checkpoint of {ledger.make_checkpoint().size} events"


def ask_witnesses(*, checkpoint_id: int) -> str:
    """Have a new checkpoint cosigned."""
    return f"{witnesses.ask(LedgerCheckpoint.objects.get(pk=checkpoint_id))} new cosignatures"
