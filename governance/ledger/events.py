"""An event's canonical bytes, which are the leaf of the tree.

JSON with sorted keys, without blanks, in UTF-8; docs/ledger.md has the members. The same row gives the same bytes on
SQLite and PostgreSQL: `plain` sees to it before details are stored.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from governance.canonical import canonical
from governance.ledger.errors import EventRefused
from governance.ledger.tlog.tiles import LARGEST_ENTRY

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1


def event_bytes(
    *,
    entry: int,
    at: dt.datetime,
    actor_id: int | None,
    actor_label: str,
    verb: str,
    subject_type: str,
    subject_id: str,
    subject_label: str,
    details: Any,
) -> bytes:
    """The bytes of one ledger row, whose columns these are."""
    return canonical(
        {
            "version": VERSION,
            "entry": entry,
            "at": at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "actor": {"id": actor_id, "label": actor_label},
            "verb": verb,
            "subject": {"type": subject_type, "id": subject_id, "label": subject_label},
            "details": details,
        }
    )


def check_size(data: bytes, verb: str) -> None:
    """Raise EventRefused for a leaf that no tile could hold: 64 KiB or more."""
    if len(data) > LARGEST_ENTRY:
        raise EventRefused(
            f"The event {verb} has {len(data):,} bytes, and the ledger takes {LARGEST_ENTRY:,}: log a digest instead."
        )


def plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details as the database gives them back: whole numbers as such, no number without a value.

    Raises EventRefused for what is no JSON.
    """
    try:
        found: dict[str, Any] = json.loads(canonical(details), parse_float=whole_if_possible)
    except (TypeError, ValueError) as problem:
        raise EventRefused(f"The details of an event are no JSON: {problem}.") from problem
    return found


def whole_if_possible(text: str) -> int | float:
    """A fraction as it is, anything else as a whole number: PostgreSQL does not tell 1e20 from its digits."""
    value = float(text)
    return int(value) if value.is_integer() else value
