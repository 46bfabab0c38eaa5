"""What `manage.py ledger verify` asks about certificates: does each say what the ledger says was issued and moved?"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from certification.enums import CertificateState
from certification.models import Certificate
from certification.verify.envelope import decode_base64
from certification.verify.fields import stamp
from certification.verify.names import EXTENSION
from governance.ledger import verification
from governance.models import LedgerEntry

if TYPE_CHECKING:
    from governance.ledger.problems import Problems

BATCH = 500
TABLE = Certificate._meta.db_table  # noqa: SLF001 - Django's public name
LABEL = Certificate._meta.label_lower  # noqa: SLF001 - ditto
ISSUED = "certificate.issued"
STATES = {
    ISSUED: CertificateState.ACTIVE,
    "certificate.reinstated": CertificateState.ACTIVE,
    "certificate.suspended": CertificateState.SUSPENDED,
    "certificate.revoked": CertificateState.REVOKED,
    "certificate.expired": CertificateState.EXPIRED,
    "certificate.superseded": CertificateState.SUPERSEDED,
}
"""The state each event leaves a certificate in."""


def register() -> None:
    """Called once, when the app is ready."""
    verification.register(check_certificates)


def check_certificates(problems: Problems) -> None:
    """Compare every certificate with its events, and every event with its certificate."""
    after = 0
    while rows := list(Certificate.objects.filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = rows[-1].pk
        told: dict[str, list[Any]] = {}
        events = LedgerEntry.objects.filter(
            subject_type=LABEL, subject_id__in=[str(row.pk) for row in rows], verb__in=STATES
        )
        for event in events.select_related("leaf").order_by("id"):
            told.setdefault(event.subject_id, []).append(event)
        for row in rows:
            if problem := _wrong(row, told.get(str(row.pk), [])):
                problems.add(TABLE, row.pk, f"{problem} (serial {row.serial})")
    _name_missing(problems)


def _wrong(row: Certificate, events: list[Any]) -> str:
    issued = [event for event in events if event.verb == ISSUED]
    if len(issued) != 1:
        return f"the ledger has this certificate issued {len(issued)} times, not once"
    if "certificate" in issued[0].details:
        leaf = getattr(issued[0], "leaf", None)
        if leaf is None or row.log_index != leaf.index:
            place = "without a place" if leaf is None else f"as {leaf.index}"
            return f"this certificate names index {row.log_index} of the ledger, and was issued {place}"
        if _was_changed(row, issued[0].details):
            return "this certificate was changed: it is not the one that was issued"
    if row.state != STATES[events[-1].verb]:
        return f"this certificate is {row.state} without the event that says so: the last is {events[-1].verb}"
    return ""


def _was_changed(row: Certificate, details: dict[str, Any]) -> bool:
    """Whether any column is not what the event says, or not what was signed: admission answers from the columns."""
    found = {
        "certificate": row.envelope_sha256,
        "serial": row.serial,
        "artifact": row.sha256,
        "keyid": row.keyid,
        "not_after": row.not_after.astimezone(UTC).isoformat(),
    }
    if any(details.get(name) != value for name, value in found.items()):
        return True
    if hashlib.sha256(row.envelope).hexdigest() != row.envelope_sha256:
        return True
    statement = json.loads(decode_base64(json.loads(bytes(row.envelope))["payload"], "the certificate"))
    signed = statement["predicate"][EXTENSION]
    columns = (row.tier, stamp(row.not_before), stamp(row.not_after), row.conditions, row.demo)
    conditions = "\n".join(signed["conditions"])
    return columns != (signed["tier"], signed["notBefore"], signed["notAfter"], conditions, signed["demo"])


def _name_missing(problems: Problems) -> None:
    after = 0
    issued = LedgerEntry.objects.filter(verb=ISSUED, subject_type=LABEL).order_by("id")
    while batch := list(issued.filter(id__gt=after).values_list("id", "subject_id", "subject_label")[:BATCH]):
        after = batch[-1][0]
        keys = {int(key) for _id, key, _label in batch if key.isdecimal()}
        there = set(Certificate.objects.filter(pk__in=keys).values_list("pk", flat=True))
        for entry, key, serial in batch:
            if not key.isdecimal() or int(key) not in there:
                problems.add(TABLE, key, f"this certificate is missing, ledger entry {entry} (serial {serial})")
