"""Witnesses: others who sign that our checkpoints extend each other (c2sp.org/tlog-witness, cosignature/v1).

A witness is configured by its verifier key, with or without an address to ask; those without are asked by hand.
"""

from __future__ import annotations

import base64
import datetime as dt
import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from governance.ledger.errors import CosignatureRefused, NotInTree
from governance.ledger.tlog import merkle, notes
from governance.ledger.tree import StoredTree
from governance.models.ledger import LedgerCheckpoint, LedgerCosignature

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger("governance.ledger")
MOST_BYTES = 100_000
CONFLICT = 409
SECONDS = 10


@dataclass(frozen=True, slots=True)
class Witness:
    """Who it is, and where it is asked; no address where somebody carries the note there."""

    key: notes.VerifierKey
    address: str = ""


def configured() -> list[Witness]:
    """The witnesses of `PLUGWARDEN_WITNESSES`. Raises ImproperlyConfigured for what is none."""
    found = []
    for item in settings.LEDGER_WITNESSES:
        vkey, _space, address = item.strip().partition(" ")
        try:
            key = notes.VerifierKey.parse(vkey)
        except notes.NoteError as problem:
            raise ImproperlyConfigured(f"PLUGWARDEN_WITNESSES: {problem}.") from problem
        if key.kind != notes.COSIGNATURE:
            raise ImproperlyConfigured(f"PLUGWARDEN_WITNESSES: {vkey} is no key of a witness, which has type 04.")
        if address and not address.startswith(("https://", "http://")):
            raise ImproperlyConfigured(f"PLUGWARDEN_WITNESSES: {address} is no address to ask a witness at.")
        found.append(Witness(key, address.strip().rstrip("/")))
    return found


def accept(checkpoint: LedgerCheckpoint, signatures: Sequence[notes.Signature]) -> int:
    """Verify and store what configured witnesses signed; returns how many signatures are new.

    Raises:
        CosignatureRefused: none is of a configured witness, or one of a configured witness does not fit.
    """
    text = notes.Note.parse(checkpoint.note.encode()).text
    try:
        good = notes.Note(text, tuple(signatures)).verified(witness.key for witness in configured())
    except notes.NoteError as problem:
        raise CosignatureRefused(f"The cosignature of checkpoint {checkpoint.size} is refused: {problem}.") from problem
    with transaction.atomic():
        known = set(checkpoint.cosignatures.values_list("witness", flat=True))
        fresh = [signature for signature in good if signature.name not in known]
        LedgerCosignature.objects.bulk_create(
            LedgerCosignature(
                checkpoint=checkpoint,
                at=dt.datetime.fromtimestamp(notes.cosigned_at(signature.blob), dt.UTC),
                witness=signature.name,
                line=signature.line.rstrip("\n"),
            )
            for signature in fresh
        )
    return len(fresh)


def accept_note(data: bytes) -> LedgerCheckpoint:
    """Take the cosignatures of a note that somebody brought back from a witness; returns its checkpoint.

    Raises:
        CosignatureRefused: it is no note of a checkpoint of ours, or no configured witness signed it.
    """
    try:
        note = notes.Note.parse(data)
    except notes.NoteError as problem:
        raise CosignatureRefused(f"This is no signed note: {problem}.") from problem
    for checkpoint in LedgerCheckpoint.objects.filter(note__startswith=note.text).order_by("-id")[:1]:
        accept(checkpoint, note.signatures)
        return checkpoint
    raise CosignatureRefused("This note is not a checkpoint that this log has signed.")


def ask(checkpoint: LedgerCheckpoint) -> int:
    """Ask every witness that has an address; returns how many cosigned. One that fails is logged, others go on."""
    cosigned = 0
    for witness in configured():
        if witness.address:
            try:
                cosigned += accept(checkpoint, _answer(witness, checkpoint))
            except (OSError, ValueError, CosignatureRefused, NotInTree) as problem:
                logger.warning("ledger: no cosignature from %s: %s", witness.key.name, problem)
    return cosigned


def _answer(witness: Witness, checkpoint: LedgerCheckpoint) -> list[notes.Signature]:
    """The signature lines a witness answers with, who may know an older tree than we think."""
    last = LedgerCosignature.objects.filter(
        witness=witness.key.name, checkpoint__origin=checkpoint.origin, checkpoint__size__lte=checkpoint.size
    ).order_by("-checkpoint__size")
    old = last.values_list("checkpoint__size", flat=True).first() or 0
    try:
        answer = _post(witness, checkpoint, old)
    except urllib.error.HTTPError as refusal:
        with refusal:
            if refusal.code != CONFLICT:
                raise
            answer = _post(witness, checkpoint, int(refusal.read(100).decode("ascii").strip()))
    return [notes.parse_signature(line) for line in answer.decode().splitlines()]


def _post(witness: Witness, checkpoint: LedgerCheckpoint, old: int) -> bytes:
    """One request of add-checkpoint: the size the witness knows, why ours extends it, and our signed note."""
    proof = merkle.consistency_proof(old, checkpoint.size, StoredTree().read)
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof), "", ""]
    request = urllib.request.Request(  # noqa: S310 - http and https only, see `configured`
        f"{witness.address}/add-checkpoint", data="\n".join(lines).encode() + checkpoint.note.encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - ditto
        data: bytes = response.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError("the answer is too large")
    return data
