"""Checkpoints are signed, kept outside, and never contradict each other."""

import pytest
from django.db import transaction

from governance import ledger
from governance.ledger import outside, signing
from governance.ledger.errors import LogForked, NoSigner, NotInTree, OutsideUnusable
from governance.ledger.tlog import merkle, notes
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.ledger.tlog.proofs import Proof
from governance.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from tests.governance.ledger.conftest import ORIGIN
from tests.support.log_keys import LogKey
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db


def write(count):
    for number in range(count):
        ledger.record(verb="thing.done", details={"n": number})


def kept_file(settings):
    return settings.CHECKPOINTS_DIR / "example.com_log.checkpoint"


def test_a_checkpoint_is_a_signed_note_kept_in_both_places(log_key, settings):
    write(3)

    found = ledger.make_checkpoint()

    note = notes.Note.parse(found.note.encode())
    assert note.verified([log_key.verifier])
    assert Checkpoint.parse(note.text) == Checkpoint(ORIGIN, 3, bytes(found.root))
    assert kept_file(settings).read_bytes() == found.note.encode()
    assert ledger.latest_checkpoint() == found
    assert ledger.origin() == ORIGIN
    assert [path.name for path in settings.CHECKPOINTS_DIR.iterdir()] == [kept_file(settings).name]


def test_nothing_new_is_no_new_checkpoint_but_a_new_key_is(log_key, monkeypatch):
    write(1)
    first = ledger.make_checkpoint()

    assert ledger.make_checkpoint() == first
    other = LogKey(ORIGIN)
    monkeypatch.setattr(signing, "_providers", [lambda: other])
    assert ledger.make_checkpoint().note != first.note


def test_a_tree_of_nothing_can_be_signed(log_key):
    assert Checkpoint.parse(notes.Note.parse(ledger.make_checkpoint().note.encode()).text).root == merkle.EMPTY_ROOT


@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_a_proof_leads_from_the_leaf_to_the_signed_root(log_key, index):
    write(300)
    ledger.make_checkpoint()

    proof = Proof.parse(ledger.proof(index))

    assert proof.index == index
    assert proof.note.verified([log_key.verifier])
    assert proof.holds(bytes(LedgerLeaf.objects.get(index=index).hash))
    assert not proof.holds(bytes(LedgerLeaf.objects.get(index=(index + 1) % 300).hash))


def test_a_proof_makes_the_checkpoint_it_needs(log_key):
    write(1)
    ledger.make_checkpoint()
    index = ledger.reserve_index()
    ledger.record(verb="certificate.issued", index=index)

    assert Checkpoint.parse(Proof.parse(ledger.proof(index)).note.text).size == 2
    assert LedgerCheckpoint.objects.count() == 2


def test_a_proof_of_what_is_not_there_is_refused(log_key):
    with pytest.raises(NotInTree, match="no event of index 5"):
        ledger.proof(5)


def test_without_a_key_nothing_is_signed(monkeypatch):
    monkeypatch.setattr(signing, "_providers", [])
    with pytest.raises(NoSigner):
        ledger.make_checkpoint()


@pytest.mark.django_db(transaction=True)
def test_no_checkpoint_within_a_transaction_that_could_roll_back(log_key):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        ledger.make_checkpoint()


def test_a_key_that_signs_wrongly_is_found_out_before_anything_is_kept(log_key, settings, monkeypatch):
    monkeypatch.setattr(LogKey, "sign", lambda self, message: bytes(64))

    with pytest.raises(notes.NoteError, match="does not fit"):
        ledger.make_checkpoint()
    assert not LedgerCheckpoint.objects.exists()
    assert not kept_file(settings).exists()


class TestFork:
    """The tree contradicts what was signed: nothing more is signed, and the alarm stays until it fits again."""

    def signed(self, count=5):
        write(count)
        return ledger.make_checkpoint()

    def refused(self, match):
        with pytest.raises(LogForked, match=match):
            ledger.make_checkpoint()
        assert outside.alarm()

    def test_an_alarm_that_cannot_be_read_is_one(self, settings):
        (settings.CHECKPOINTS_DIR / outside.ALARM).mkdir(parents=True)

        assert "cannot be read" in outside.alarm()

    def test_an_old_backup_has_fewer_events_than_were_signed(self, log_key):
        self.signed()
        with lifted():
            LedgerCheckpoint.objects.all().delete()
            LedgerLeaf.objects.filter(index__gte=3).delete()
            LedgerEntry.every.filter(leaf__isnull=True).delete()

        self.refused("3 events, fewer than the 5 that were signed")

    def test_an_old_backup_that_went_on_has_other_events(self, log_key):
        self.signed()
        with lifted():
            LedgerCheckpoint.objects.all().delete()
            LedgerLeaf.objects.filter(index=4).update(hash=bytes(32))
        write(3)

        self.refused("not those that were signed")

    def test_the_database_alone_is_compared_too(self, log_key, settings):
        self.signed()
        with lifted():
            LedgerLeaf.objects.filter(index=0).update(hash=bytes(32))

        self.refused("first 5 events")

    def test_a_missing_outside_checkpoint_is_no_fresh_start(self, log_key, settings):
        self.signed()
        kept_file(settings).unlink()

        self.refused("none is kept outside")

    def test_rubbish_outside_is_refused(self, log_key, settings):
        self.signed()
        kept_file(settings).write_text("rubbish")

        with pytest.raises(OutsideUnusable, match="no checkpoint that can be read"):
            ledger.make_checkpoint()
        assert outside.alarm()

    def test_the_alarm_ends_when_all_fits_again(self, log_key, settings):
        note = self.signed().note
        kept_file(settings).unlink()
        self.refused("outside")
        kept_file(settings).write_text(note)

        ledger.make_checkpoint()

        assert outside.alarm() == ""


def test_a_second_place_is_written_and_compared(log_key, settings, tmp_path):
    settings.CHECKPOINT_PLACES = [settings.CHECKPOINTS_DIR, tmp_path / "second"]
    write(2)
    found = ledger.make_checkpoint()

    assert (tmp_path / "second" / "example.com_log.checkpoint").read_bytes() == found.note.encode()
    kept_file(settings).unlink()
    with lifted():
        LedgerLeaf.objects.filter(index=0).update(hash=bytes(32))
    with pytest.raises(LogForked, match=r"/second\."):
        ledger.make_checkpoint()


def test_signing_stops_while_a_place_cannot_be_written(log_key, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.CHECKPOINT_PLACES = [settings.CHECKPOINTS_DIR, tmp_path / "file" / "below"]
    write(1)

    with pytest.raises(OutsideUnusable, match="no checkpoint that can be read"):
        ledger.make_checkpoint()
    assert not LedgerCheckpoint.objects.exists()
