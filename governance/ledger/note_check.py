"""Verify what is stored of checkpoints: notes with the log's keys of their time, cosignatures with the witnesses'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledger import signing, witnesses
from governance.ledger.errors import LedgerError
from governance.ledger.tlog import notes
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.models.ledger import LedgerCheckpoint, LedgerCosignature

if TYPE_CHECKING:
    from governance.ledger.problems import Problems

SIGNED, COSIGNED = (
    model._meta.db_table  # noqa: SLF001 - Django's public name
    for model in (LedgerCheckpoint, LedgerCosignature)
)


class NoteCheck:
    """Checks rows of checkpoints, one by one.

    Cosignatures of witnesses that are no longer configured are compared with their columns only. Where the log's keys
    cannot be had, that is a problem, and so is a checkpoint of another log: a log keeps its name when keys change.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        try:
            self._keys = {(each.key.name, each.key.id): each for each in signing.known_keys()}
            self._without = ""
        except LedgerError as refusal:
            self._keys, self._without = {}, str(refusal)
        self._origins = {name for name, _id in self._keys}
        self._witnesses = {(each.key.name, each.key.id): each.key for each in witnesses.configured()}

    def __call__(self, row: LedgerCheckpoint) -> None:
        """Check that the columns say what the note says, that a key of the log signed it, and its cosignatures."""
        if self._without:
            self.problems.add(SIGNED, row.pk, f"this signature and those after it are not verified: {self._without}")
            self._without = ""
        try:
            note = notes.Note.parse(row.note.encode())
            found = Checkpoint.parse(note.text)
            if found.origin in self._origins:
                self._check_signature(row, note, found)
            elif self._origins:
                self.problems.add(SIGNED, row.pk, f"it is of another log: {found.origin}")
        except notes.NoteError as problem:
            self.problems.add(SIGNED, row.pk, f"its note was changed: {problem}")
            return
        if (found.origin, found.size, found.root) != (row.origin, row.size, bytes(row.root)):
            self.problems.add(SIGNED, row.pk, "its columns are not what its note says")
        for cosignature in row.cosignatures.all():
            self._check_cosignature(cosignature, note.text)

    def _check_signature(self, row: LedgerCheckpoint, note: notes.Note, found: Checkpoint) -> None:
        """Raises NoteError where no known key signed it; a key that was not to is a problem of its own."""
        good = note.verified(each.key for each in self._keys.values())
        objections = [self._keys[each.name, each.id].objection(at=row.at, size=found.size) for each in good]
        if all(objections):
            self.problems.add(SIGNED, row.pk, objections[0])

    def _check_cosignature(self, row: LedgerCosignature, text: str) -> None:
        try:
            signature = notes.parse_signature(row.line)
            known = self._witnesses.get((signature.name, signature.id))
            if known is not None:
                notes.Note(text, (signature,)).verified([known])
        except notes.NoteError as problem:
            self.problems.add(COSIGNED, row.pk, f"this cosignature was changed: {problem}")
            return
        at = notes.cosigned_at(signature.blob)
        if signature.name != row.witness or at > notes.LATEST or at != int(row.at.timestamp()):
            self.problems.add(COSIGNED, row.pk, "its columns are not what its line says")
