"""Witnesses are asked as c2sp.org/tlog-witness says; only what configured ones signed is kept."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from governance import ledger
from governance.ledger import witnesses
from governance.ledger.errors import CosignatureRefused
from governance.ledger.tlog import merkle, notes
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.models import LedgerCosignature
from tests.governance.ledger.test_verify import events
from tests.support.log_keys import LogKey

pytestmark = pytest.mark.django_db
AT = 1_795_000_000


class Witness(BaseHTTPRequestHandler):
    """A witness as the specification has it: checks the log's key and consistency, then cosigns."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head, _blank, note = body.partition(b"\n\n")
        old, *proof = head.decode().split("\n")
        parsed = notes.Note.parse(note)
        parsed.verified([self.server.log])
        there = Checkpoint.parse(parsed.text)
        size, root = self.server.known
        self.server.asked.append(old)
        if old != f"old {size}":
            return self.answer(409, f"{size}\n".encode())
        hashes = [base64.b64decode(line) for line in proof]
        assert merkle.verify_consistency(
            first=size, second=there.size, first_root=root, second_root=there.root, proof=hashes
        )
        self.server.known = there.size, there.root
        return self.answer(200, notes.cosign(parsed.text, self.server.key, AT).line.encode())

    def answer(self, code, data):
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def witness(log_key, settings):
    server = HTTPServer(("127.0.0.1", 0), Witness)
    server.key, server.log = LogKey("witness.example/w1", notes.COSIGNATURE), log_key.verifier
    server.known, server.asked = (0, merkle.EMPTY_ROOT), []
    settings.LEDGER_WITNESSES = [f"{server.key.verifier.vkey} http://127.0.0.1:{server.server_port}/"]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_witness_cosigns_one_checkpoint_after_the_other(witness, log_key):
    for count in (3, 300):
        events(count)
        checkpoint = ledger.make_checkpoint()
        assert witnesses.ask(checkpoint) == 1

    note = ledger.note_of(checkpoint)
    assert len(note.verified([log_key.verifier, witness.key.verifier])) == 2
    assert witness.asked == ["old 0", "old 3"]
    assert b"witness.example/w1" in ledger.proof(0)
    assert witnesses.ask(checkpoint) == 0


def test_a_witness_that_knows_more_says_so_and_is_asked_again(witness):
    events(5)
    first = ledger.make_checkpoint()
    witness.known = 5, bytes(first.root)
    events(5)

    assert witnesses.ask(ledger.make_checkpoint()) == 1
    assert witness.asked == ["old 0", "old 5"]


def test_a_witness_that_is_away_stops_nothing(witness, settings, caplog):
    events(1)
    settings.LEDGER_WITNESSES = [f"{witness.key.verifier.vkey} http://127.0.0.1:1"]

    assert witnesses.ask(ledger.make_checkpoint()) == 0
    assert "no cosignature from witness.example/w1" in caplog.text


def test_a_cosignature_can_be_carried_back_by_hand(witness, tmp_path):
    events(2)
    checkpoint = ledger.make_checkpoint()
    note = notes.Note.parse(checkpoint.note.encode())
    signed = notes.Note(note.text, (*note.signatures, notes.cosign(note.text, witness.key, AT)))
    (tmp_path / "note").write_bytes(signed.encode())

    call_command("ledger", "cosign", str(tmp_path / "note"))

    assert ledger.note_of(checkpoint) == signed


def test_only_configured_witnesses_over_our_own_checkpoints_count(witness):
    events(2)
    checkpoint = ledger.make_checkpoint()
    text = notes.Note.parse(checkpoint.note.encode()).text
    stranger = LogKey("witness.example/other", notes.COSIGNATURE)
    other = notes.sign(text.replace("\n2\n", "\n3\n"), LogKey("example.com/log")).encode()

    with pytest.raises(CosignatureRefused, match="no key that is known"):
        witnesses.accept(checkpoint, [notes.cosign(text, stranger, AT)])
    with pytest.raises(CosignatureRefused, match="does not fit"):
        witnesses.accept(checkpoint, [notes.cosign(text + "x\n", witness.key, AT)])
    with pytest.raises(CosignatureRefused, match="not a checkpoint that this log"):
        witnesses.accept_note(other)
    with pytest.raises(CosignatureRefused, match="no signed note"):
        witnesses.accept_note(b"rubbish")
    assert not LedgerCosignature.objects.exists()


@pytest.mark.parametrize("item", ["rubbish", "AUTHOR", "WITNESS ftp://example.com"])
def test_a_wrong_setting_is_named(settings, item):
    keys = {"AUTHOR": LogKey("a"), "WITNESS": LogKey("w", notes.COSIGNATURE)}
    for word, key in keys.items():
        item = item.replace(word, key.verifier.vkey)
    settings.LEDGER_WITNESSES = [item]

    with pytest.raises(ImproperlyConfigured, match="PLUGWARDEN_WITNESSES"):
        witnesses.configured()
