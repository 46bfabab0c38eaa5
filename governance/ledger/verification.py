"""`manage.py ledger verify`: everything recomputed from the rows. What apps above know of is checked by them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from governance.ledger import checkpoints, sequencer, signing
from governance.ledger.errors import LedgerError
from governance.ledger.history_check import check_history
from governance.ledger.problems import Problem, Problems
from governance.ledger.tree_check import ENTRIES, TreeCheck
from governance.models.ledger import LedgerLeaf

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = "plugwarden.ledger-verification/v1"
PATIENCE = timedelta(minutes=10)
"""How long an event may wait for its index: the sequencer runs after every commit and every minute."""

_checks: list[Callable[[Problems], None]] = []


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. `problems` are the first of `count`."""

    size: int
    root: bytes
    begin: int
    waiting: int
    signed: int
    history_rows: int
    problems: tuple[Problem, ...]
    count: int

    def as_json(self) -> dict[str, Any]:
        """The document of `--json`; docs/ledger.md has the members."""
        return {
            "schema": SCHEMA,
            "ok": not self.count,
            "size": self.size,
            "root": base64.b64encode(self.root).decode(),
            "begin": self.begin,
            "waiting": self.waiting,
            "signed": self.signed,
            "historyRows": self.history_rows,
            "problems": [{"table": each.table, "row": each.row, "problem": each.text} for each in self.problems],
            "problemCount": self.count,
        }


def register(check: Callable[[Problems], None]) -> None:
    """Add what an app above checks: it gets the problems to add its own to."""
    _checks.append(check)


def verify(*, since: int = 0) -> Verification:
    """Recompute tree, checkpoints, history rows, and what apps registered.

    Args:
        since: size of a checkpoint: leaves before it are taken from the stored tree, which has to have its root.

    Raises:
        NotInTree: there is no checkpoint of that size.
    """
    problems = Problems()
    try:
        origin = signing.signer().name
    except LedgerError:
        newest = checkpoints.latest_checkpoint()
        origin = newest.origin if newest else ""
    tree = TreeCheck(problems, origin=origin, since=since)
    root = tree.run()
    waiting = _check_waiting(problems)
    rows = check_history(problems)
    for check in _checks:
        check(problems)
    return Verification(
        size=tree.size,
        root=root,
        begin=tree.begin,
        waiting=waiting,
        signed=tree.signed,
        history_rows=rows,
        problems=tuple(problems.kept),
        count=problems.count,
    )


def _check_waiting(problems: Problems) -> int:
    """Count the events that have no index yet. One that should have had one for long came by another way."""
    newest = LedgerLeaf.objects.order_by("-entry_id").values_list("entry_id", flat=True).first() or 0
    too_old = timezone.now() - PATIENCE
    count = 0
    for entry, at in sequencer.waiting().values_list("id", "at").iterator(500):
        count += 1
        if at < too_old or entry < newest - sequencer.LATE:
            problems.add(ENTRIES, entry, "this entry is not in the tree")
    return count
