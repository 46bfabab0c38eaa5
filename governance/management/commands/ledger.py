"""`manage.py ledger`: verify, prove, export, checkpoint, cosign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from governance import ledger
from governance.ledger import witnesses
from governance.ledger.errors import LedgerError
from governance.ledger.export import export
from governance.ledger.verification import Verification, verify
from governance.models import LedgerEntry, LedgerLeaf

if TYPE_CHECKING:
    from argparse import ArgumentParser

ISSUED = "certificate.issued"
REFUSED = 2
"""Exit code where a command cannot do what it was asked; 1 is a verdict: the ledger is not what it should be."""


class Command(BaseCommand):
    """The tamper-evident log, from the command line."""

    help = "Verify the ledger, prove an event, export the log, sign a checkpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand each."""
        each = parser.add_subparsers(dest="what", required=True)
        check = each.add_parser("verify", help="recompute everything from the rows; exit 1 where anything is wrong")
        check.add_argument("--json", action="store_true", help="one JSON document, docs/ledger.md")
        check.add_argument("--since", type=int, default=0, metavar="SIZE", help="begin at the checkpoint of this size")
        prove = each.add_parser("prove", help="write a C2SP tlog-proof")
        prove.add_argument("subject", metavar="SERIAL|INDEX", help="a certificate's serial, or an event's index")
        prove.add_argument("--output", type=Path, metavar="FILE", help="where to; standard output by default")
        tiles = each.add_parser("export", help="write static tiles for any web server")
        tiles.add_argument("folder", type=Path, metavar="DIR")
        each.add_parser("checkpoint", help="number all events and sign the tree now")
        cosign = each.add_parser("cosign", help="take the cosignatures of a note that a witness gave back")
        cosign.add_argument("note", type=Path, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the subcommand; each refusal is one sentence."""
        try:
            getattr(self, f"_{options['what']}")(options)
        except LedgerError as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        except OSError as problem:
            where = f"{problem.filename}: " if problem.filename else ""
            raise CommandError(f"{where}{problem.strerror}.", returncode=REFUSED) from problem
        except DatabaseError as problem:
            what = str(problem).splitlines()[0]
            text = f"The ledger's tables cannot be read ({what}). In a new database, run manage.py migrate first."
            raise CommandError(text, returncode=REFUSED) from problem

    def _verify(self, options: dict[str, Any]) -> None:
        found = verify(since=options["since"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), indent=2))
        else:
            self._tell(found)
        if found.count:
            raise SystemExit(1)

    def _tell(self, found: Verification) -> None:
        document = found.as_json()
        self.stdout.write(f"size     {found.size}")
        self.stdout.write(f"root     {document['root']}")
        self.stdout.write(f"signed   {found.signed} checkpoints compared")
        self.stdout.write(f"history  {found.history_rows} rows compared")
        if found.waiting:
            self.stdout.write(f"waiting  {found.waiting} events without an index yet")
        for problem in found.problems:
            self.stdout.write(f"PROBLEM  {problem}")
        if more := found.count - len(found.problems):
            self.stdout.write(f"         and {more} more")
        self.stdout.write(f"{found.count} problems" if found.count else "All is as it was recorded.")

    def _prove(self, options: dict[str, Any]) -> None:
        proof = ledger.proof(_index_of(options["subject"]))
        if options["output"]:
            options["output"].write_bytes(proof)
        else:
            self.stdout.write(proof.decode(), ending="")

    def _export(self, options: dict[str, Any]) -> None:
        size = export(options["folder"])
        self.stdout.write(f"{size} events below {options['folder']}")

    def _checkpoint(self, _options: dict[str, Any]) -> None:
        checkpoint = ledger.make_checkpoint()
        cosigned = witnesses.ask(checkpoint)
        self.stdout.write(ledger.note_of(checkpoint).encode().decode(), ending="")
        if witnesses.configured():
            self.stderr.write(f"{cosigned} new cosignatures")

    def _cosign(self, options: dict[str, Any]) -> None:
        checkpoint = witnesses.accept_note(options["note"].read_bytes())
        self.stdout.write(f"Checkpoint of {checkpoint.size} events: {checkpoint.cosignatures.count()} cosignatures.")


def _index_of(subject: str) -> int:
    """The index of an event, named by itself or by the serial of a certificate. Raises CommandError."""
    if subject.isdecimal() and len(subject) < 19:  # noqa: PLR2004 - the largest indexes have 19 digits
        return int(subject)
    entry = LedgerEntry.objects.filter(verb=ISSUED, subject_label=subject).order_by("id").first()
    if entry is None:
        raise CommandError(f"There is no certificate {subject} in the ledger.", returncode=REFUSED)
    leaf = LedgerLeaf.objects.filter(entry=entry).first()
    if leaf is None:
        ledger.sequence(thorough=True)
        leaf = LedgerLeaf.objects.get(entry=entry)
    return leaf.index
