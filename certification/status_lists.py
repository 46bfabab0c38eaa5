"""The status list: made anew whenever what it says has changed, and long before it ends.

Whoever moves a certificate calls `refresh_soon`; whoever reads a list gets `current`, which looks whether something ran
out or was missed meanwhile. An old list is never given out for a new one: where none can be made and something has
changed, there is none, and the log says why.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from certification.attest.private_files import KeysRefusedError
from certification.attest.status_list import list_payload
from certification.enums import CERTIFICATE_LIVE, CertificateState, ListedState
from certification.keyring import keys
from certification.models import Certificate, StatusList, StatusListEntry
from certification.status_documents import KEPT, document, listed
from certification.verify.envelope import pae
from certification.verify.names import DOCUMENT_LIMIT, STATUS_LIST_PAYLOAD
from certification.verify.status import Entry, ReasonClass, State
from governance import ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from certification.attest.keys import KeyRing

logger = logging.getLogger(__name__)

LIFETIME = timedelta(hours=24)
"""How long a list is good."""
REMAKE = timedelta(hours=6)
"""When the next is made although nothing changed: three more can fail before the list ends."""
OVERLAP = timedelta(minutes=5)
"""How long before the newest list a change is still looked for: its transaction may have been open meanwhile."""
MOST_BYTES = DOCUMENT_LIMIT // 2
"""Of a list's payload: it has to fit into bundles, in base64."""


class StatusListRefused(Exception):
    """No list that is true now can be given out; the text says why."""


def refresh_soon() -> None:
    """Make the list anew once the transaction commits; what goes wrong is logged, and found again on reading."""
    if not any(waiting[1] is refresh for waiting in connection.run_on_commit):
        transaction.on_commit(refresh, robust=True)


def refresh() -> StatusList | None:
    """Make the list anew where it would say something else. None, and an alarm in the log, where it cannot be done.

    Unlike `current` it compares everything: a transaction may have been open for longer than OVERLAP.
    """
    try:
        return _made_or_true(timezone.now())
    except StatusListRefused:
        return None


def current(now: datetime) -> StatusList:
    """The list that is true now, made anew where something has changed or the newest is getting old.

    Call it outside of transactions: a checkpoint may have to be made for the first one.

    Raises:
        StatusListRefused: a list would have to be made and cannot be.
    """
    newest = StatusList.objects.first()
    if newest and not _due(newest, now):
        return newest
    return _made_or_true(now)


def _made_or_true(now: datetime) -> StatusList:
    """The newest list, made anew where that is due; where none can be made, the last while it is still true."""
    try:
        return _made(now)
    except (KeysRefusedError, ledger.LedgerError) as refusal:
        logger.critical("no status list can be made: %s", refusal)
        newest = StatusList.objects.first()
        if newest and now < newest.next_update and not _changes(newest, now):
            return newest
        raise StatusListRefused(
            _("This portal cannot make a status list at the moment. Its operator finds the reason in the log.")
        ) from refusal


def sign_anew() -> None:
    """Make the list anew with the status key in force, where another made the newest. What goes wrong is logged."""
    try:
        if StatusList.objects.exists():
            _made(timezone.now())
    except (KeysRefusedError, ledger.LedgerError, StatusListRefused) as refusal:
        logger.critical("no status list can be made with the new keys: %s", refusal)


def _due(newest: StatusList, now: datetime) -> bool:
    ended = Q(state__in=CERTIFICATE_LIVE, not_after__gt=newest.this_update - OVERLAP, not_after__lte=now)
    moved = Q(state_since__gt=newest.this_update - OVERLAP)
    return now >= newest.this_update + REMAKE or Certificate.objects.filter(ended | moved).exists()


def _made(now: datetime) -> StatusList:
    ring, head = keys(), ledger.latest_checkpoint() or ledger.make_checkpoint()
    try:
        return _make(now, ring, head.size, bytes(head.root))
    except IntegrityError:  # another process has just made this one
        return _make(now, ring, head.size, bytes(head.root))


@transaction.atomic
def _make(now: datetime, ring: KeyRing, log_size: int, log_root: bytes) -> StatusList:
    newest = StatusList.objects.select_for_update().first()
    changes = _changes(newest, now)
    if newest and not changes and newest.keyid == ring.status.keyid and now < newest.this_update + REMAKE:
        return newest
    moment = _moment(newest, now)
    made = StatusList(
        sequence=newest.sequence + 1 if newest else 1,
        this_update=moment,
        next_update=moment + LIFETIME,
        log_size=log_size,
        log_root=log_root,
        keyid=ring.status.keyid,
    )
    entries = listed(newest.sequence, moment) if newest else {}
    for pk, entry in changes.items():
        entries.pop(pk, None)
        if entry:
            entries[pk] = replace(entry, sequence=made.sequence)
    _sign(made, list_payload(document(made, entries.values(), ring.trust_root)), ring)
    made.listed = len(entries)
    made.save(force_insert=True)
    StatusListEntry.objects.bulk_create(_rows(made, changes))
    ledger.record(
        verb="status-list.published",
        subject=made,
        details={"sequence": made.sequence, "listed": made.listed, "payload_sha256": made.payload_sha256},
    )
    return made


def _sign(made: StatusList, payload: bytes, ring: KeyRing) -> None:
    if len(payload) > MOST_BYTES:
        logger.critical("the status list has %d bytes, and a bundle can hold %d", len(payload), MOST_BYTES)
        raise StatusListRefused(_("The status list is larger than a bundle can hold."))
    made.payload_sha256 = hashlib.sha256(payload).hexdigest()
    made.signature = ring.status.sign(pae(STATUS_LIST_PAYLOAD, payload))


def _rows(made: StatusList, changes: Mapping[int, Entry | None]) -> list[StatusListEntry]:
    unlisted = {"state": ListedState.UNLISTED, "reason_class": ReasonClass.UNSPECIFIED, "at": made.this_update}
    return [
        StatusListEntry(
            list=made,
            certificate_id=pk,
            **({"state": entry.state, "reason_class": entry.reason, "at": entry.at} if entry else unlisted),
        )
        for pk, entry in sorted(changes.items())
    ]


def _moment(newest: StatusList | None, now: datetime) -> datetime:
    """When a list made now says it was made: never before the one it follows, whatever the clock does."""
    return max(now, newest.this_update) if newest else now


def _changes(newest: StatusList | None, now: datetime) -> dict[int, Entry | None]:
    """What a list made now would say otherwise than the newest, by certificate id; None: listed no more."""
    moment = _moment(newest, now)
    before = listed(newest.sequence, moment) if newest else {}
    wanted = _wanted(moment)
    changed = {
        pk: entry for pk, entry in wanted.items() if pk not in before or replace(before[pk], sequence=0) != entry
    }
    return {**changed, **dict.fromkeys(before.keys() - wanted.keys())}


def _wanted(moment: datetime) -> dict[int, Entry]:
    """What is to be said of every certificate that is not in force and not long over, whatever number the list gets."""
    over = Q(state__in=CERTIFICATE_LIVE, not_after__lte=moment)
    rows = Certificate.objects.filter(~Q(state=CertificateState.ACTIVE) | over, not_after__gt=moment - KEPT)
    return {row.pk: _entry(row, moment) for row in rows.defer("envelope")}


def _entry(row: Certificate, moment: datetime) -> Entry:
    state = State(row.effective_state(moment))
    if state is State.EXPIRED:
        return Entry(row.serial, row.sha256, state, ReasonClass.EXPIRED, row.not_after, 0)
    reason = ReasonClass(row.reason_class or ReasonClass.UNSPECIFIED)
    return Entry(row.serial, row.sha256, state, reason, row.state_since or row.issued_at, 0)
