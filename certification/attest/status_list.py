"""Write status lists, and what changed from one to the next; `certification.verify.status` reads them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64
from certification.verify.fields import stamp
from certification.verify.names import STATUS_DELTA_SCHEMA, STATUS_LIST_SCHEMA

if TYPE_CHECKING:
    from certification.verify.status import Entry, StatusList


def list_payload(found: StatusList) -> bytes:
    """Write a list as canonical JSON, the payload of its envelope."""
    return canonical({"schema": STATUS_LIST_SCHEMA, **_head(found), "entries": _entries(found.entries)})


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed between two lists."""

    since: int
    """Sequence of the older one."""
    changed: tuple[Entry, ...]
    """Entries that are new or say something else."""
    removed: tuple[str, ...]
    """Serials that are listed no more."""


def difference(older: StatusList, newer: StatusList) -> Delta:
    """Compare two lists of one portal."""
    before = {entry.serial: entry for entry in older.entries}
    changed = tuple(entry for entry in newer.entries if before.get(entry.serial) != entry)
    removed = tuple(sorted(before.keys() - {entry.serial for entry in newer.entries}))
    return Delta(older.sequence, changed, removed)


def delta_payload(delta: Delta, newer: StatusList) -> bytes:
    """Write a delta. `entriesDigest` lets a reader check that applying it gave the newer list's entries."""
    return canonical(
        {
            "schema": STATUS_DELTA_SCHEMA,
            **_head(newer),
            "since": delta.since,
            "changed": _entries(delta.changed),
            "removed": list(delta.removed),
            "entriesDigest": entries_digest(newer.entries),
        }
    )


def entries_digest(entries: tuple[Entry, ...]) -> str:
    """SHA-256 of the entries' canonical JSON, as lower-case hexadecimal."""
    return hashlib.sha256(canonical(_entries(entries))).hexdigest()


def _head(found: StatusList) -> dict[str, object]:
    return {
        "environment": str(found.environment),
        "verifierId": found.verifier_id,
        "sequence": found.sequence,
        "thisUpdate": stamp(found.this_update),
        "nextUpdate": stamp(found.next_update),
        "log": {"origin": found.log.origin, "size": found.log.size, "root": encode_base64(found.log.root)},
    }


def _entries(entries: tuple[Entry, ...]) -> list[dict[str, object]]:
    return [
        {
            "serial": entry.serial,
            "sha256": entry.sha256,
            "state": str(entry.state),
            "reasonClass": str(entry.reason),
            "at": stamp(entry.at),
            "sequence": entry.sequence,
        }
        for entry in entries
    ]
