"""The status list: which certificates are not worth anything any more, said anew at least once a day.

A closed, canonical document in a DSSE envelope, signed by a `status` key of the trust root. A certificate that is not
in it is active, as long as the list is fresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .canonical import parse_canonical
from .checkpoints import HASH_SIZE
from .envelope import check_signatures, decode_base64
from .errors import ProblemError
from .fields import as_list, closed, digest, moment, number, one_of, stamp, text
from .names import STATUS_LIST_SCHEMA, Code, Environment, KeyStatus, Role

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from .envelope import Envelope
    from .root import TrustRoot

WHAT = "the status list"
MEMBERS = ("schema", "environment", "verifierId", "sequence", "thisUpdate", "nextUpdate", "log", "entries")
ENTRY_MEMBERS = ("serial", "sha256", "state", "reasonClass", "at", "sequence")


class State(StrEnum):
    """What has become of a certificate that is listed."""

    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class ReasonClass(StrEnum):
    """Why, in one word: what reviewers wrote about it is not published."""

    VULNERABILITY = "vulnerability"
    MALWARE = "malware"
    POLICY = "policy"
    KEY_COMPROMISE = "key_compromise"
    OWNER_REQUEST = "owner_request"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class LogHead:
    """The head of the log when the list was made."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate that is not in force."""

    serial: str
    sha256: str
    """Of the artifact."""
    state: State
    reason: ReasonClass
    at: datetime
    sequence: int
    """The list it first stood in like this."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list."""

    environment: Environment
    verifier_id: str
    sequence: int
    this_update: datetime
    next_update: datetime
    log: LogHead
    entries: tuple[Entry, ...]

    def entry_of(self, serial: str) -> Entry | None:
        """What the list says of a certificate; None where it says nothing."""
        return next((entry for entry in self.entries if entry.serial == serial), None)


def read_list(envelope: Envelope) -> StatusList:
    """Read the document inside an envelope, proving only its form. Raises ProblemError."""
    members = closed(parse_canonical(envelope.payload, WHAT), MEMBERS, WHAT)
    one_of(members, "schema", (STATUS_LIST_SCHEMA,))
    found = StatusList(
        environment=Environment(one_of(members, "environment", Environment)),
        verifier_id=text(members, "verifierId"),
        sequence=number(members, "sequence"),
        this_update=moment(members, "thisUpdate"),
        next_update=moment(members, "nextUpdate"),
        log=_head(members["log"]),
        entries=tuple(map(_entry, as_list(members, "entries"))),
    )
    if not found.this_update < found.next_update:
        raise ProblemError("the status list ends before it begins")
    serials = [entry.serial for entry in found.entries]
    if serials != sorted(set(serials)):
        raise ProblemError("the status list is not in order of serials, or names one twice")
    if any(entry.sequence > found.sequence for entry in found.entries):
        raise ProblemError("the status list has an entry that is newer than itself")
    return found


def _head(value: object) -> LogHead:
    head = closed(value, ("origin", "size", "root"), "the status list's log")
    root = decode_base64(text(head, "root"), "the status list's root of the log")
    if len(root) != HASH_SIZE:
        raise ProblemError("the status list's root of the log is not a SHA-256")
    return LogHead(text(head, "origin"), number(head, "size"), root)


def _entry(value: object) -> Entry:
    entry = closed(value, ENTRY_MEMBERS, "an entry of the status list")
    return Entry(
        serial=text(entry, "serial"),
        sha256=digest(entry, "sha256"),
        state=State(one_of(entry, "state", State)),
        reason=ReasonClass(one_of(entry, "reasonClass", ReasonClass)),
        at=moment(entry, "at"),
        sequence=number(entry, "sequence"),
    )


def check_list(found: StatusList, envelope: Envelope, root: TrustRoot) -> None:
    """Check that a list is this trust root's: signed by its status keys in their time, in its name, of its log.

    Raises ProblemError.
    """
    keys = {keyid: key for keyid, key in root.keys.items() if key.role is Role.STATUS}
    check_signatures(envelope, keys={keyid: key.public for keyid, key in keys.items()}, threshold=1, what=WHAT)
    for keyid in envelope.signatures:
        if keys[keyid].status is KeyStatus.COMPROMISED:
            raise ProblemError("the status list is signed by a key that is marked as compromised")
        if not keys[keyid].valid_from <= found.this_update < keys[keyid].valid_to:
            raise ProblemError("the status list was made outside the time in which its key may sign")
    if (found.environment, found.verifier_id) != (root.environment, root.verifier_id):
        raise ProblemError(f'the status list is of "{found.verifier_id}", the trust root of "{root.verifier_id}"')
    if found.log.origin != root.log_origin:
        raise ProblemError(f'the status list is about the log "{found.log.origin}", not "{root.log_origin}"')


def check_unlisted(found: StatusList, serial: str) -> None:
    """Check that a list says nothing against a certificate. Raises ProblemError that tells what has become of it."""
    if entry := found.entry_of(serial):
        raise ProblemError(_meaning(entry), Code(entry.state))


def check_fresh(found: StatusList, at: datetime, grace: timedelta | None) -> tuple[str, ...]:
    """Check that a list is not out of date, or not for longer than `grace` (None: however long); gives warnings.

    Raises ProblemError.
    """
    if at < found.next_update:
        return ()
    stale = f"the status list is stale: it was good until {stamp(found.next_update)}"
    if grace is not None and at >= found.next_update + grace:
        raise ProblemError(f"{stale}; get a newer one", Code.STALE)
    return (f"{stale}, so a newer suspension or revocation would not show",)


def _meaning(entry: Entry) -> str:
    """Say what an entry means for who would run the artifact."""
    since = stamp(entry.at)
    match entry.state:
        case State.SUSPENDED:
            return f"the certificate is suspended since {since} ({entry.reason}): do not run it until that has ended"
        case State.REVOKED:
            return f"the certificate was revoked at {since} ({entry.reason})"
        case State.EXPIRED:
            return f"the certificate expired at {since}, says the status list"
        case State.SUPERSEDED:
            return f"the certificate was superseded at {since}: get the newer one"
