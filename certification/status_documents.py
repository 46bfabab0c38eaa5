"""Published status lists as bytes: written again from their rows, and equal to what was signed or not given out."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from certification.attest.dsse import sign_envelope, signed_envelope
from certification.attest.status_list import delta_payload, difference, list_payload
from certification.enums import ListedState
from certification.keyring import keys
from certification.models import StatusList, StatusListEntry
from certification.verify.names import STATUS_DELTA_PAYLOAD, STATUS_LIST_PAYLOAD
from certification.verify.status import Entry, LogHead, ReasonClass, State
from certification.verify.status import StatusList as Document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from certification.verify.root import TrustRoot

KEPT = timedelta(days=7)
"""How long a certificate stays listed after its time ran out, for clocks that are behind. Its time alone refuses it."""
FIELDS = (
    "certificate_id",
    "certificate__serial",
    "certificate__sha256",
    "state",
    "reason_class",
    "at",
    "list__sequence",
)


class StatusListAlteredError(Exception):
    """The rows of a list do not give what was signed."""


def listed(sequence: int, moment: datetime) -> dict[int, Entry]:
    """What the lists up to a number say of certificates at a moment, by certificate id."""
    rows = StatusListEntry.objects.filter(list__sequence__lte=sequence, certificate__not_after__gt=moment - KEPT)
    found: dict[int, Entry] = {}
    for pk, serial, sha256, state, reason, at, number in rows.order_by("list__sequence").values_list(*FIELDS):
        if state == ListedState.UNLISTED:
            found.pop(pk, None)
        else:
            found[pk] = Entry(serial, sha256, State(state), ReasonClass(reason), at, number)
    return found


def document(row: StatusList, entries: Iterable[Entry], root: TrustRoot) -> Document:
    """A list as the verifier reads it."""
    return Document(
        environment=root.environment,
        verifier_id=root.verifier_id,
        sequence=row.sequence,
        this_update=row.this_update,
        next_update=row.next_update,
        log=LogHead(root.log_origin, row.log_size, bytes(row.log_root)),
        entries=tuple(sorted(entries, key=lambda entry: entry.serial)),
    )


def list_bytes(row: StatusList) -> bytes:
    """The signed envelope of a list, as it was when it was made.

    Raises KeysRefusedError, or StatusListAlteredError where rows of it were changed since.
    """
    return _list_bytes(row.pk, row.payload_sha256)


@lru_cache(maxsize=4)
def _list_bytes(pk: int, payload_sha256: str) -> bytes:
    row = StatusList.objects.get(pk=pk, payload_sha256=payload_sha256)
    _found, payload = _as_signed(row)
    return signed_envelope(payload, STATUS_LIST_PAYLOAD, {row.keyid: bytes(row.signature)})


def delta_bytes(since: StatusList, newest: StatusList) -> bytes:
    """A signed envelope of what changed from one list to a newer one.

    Raises KeysRefusedError, or StatusListAlteredError where rows of either were changed since.
    """
    (older, _), (newer, _) = _as_signed(since), _as_signed(newest)
    payload = delta_payload(difference(older, newer), newer)
    return sign_envelope(payload=payload, payload_type=STATUS_DELTA_PAYLOAD, signer=keys().status)


def _as_signed(row: StatusList) -> tuple[Document, bytes]:
    """A list and its payload, from its rows. Raises StatusListAlteredError where that is not what was signed."""
    found = document(row, listed(row.sequence, row.this_update).values(), keys().trust_root)
    payload = list_payload(found)
    if hashlib.sha256(payload).hexdigest() != row.payload_sha256:
        raise StatusListAlteredError(f"the rows of status list {row.sequence} do not give what was signed")
    return found, payload
