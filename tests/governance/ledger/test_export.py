"""What `ledger export` writes is enough to check the whole log with the portal switched off."""

import pytest
from django.core.management import call_command

from governance import ledger
from governance.ledger.errors import LogForked
from governance.ledger.export import export
from governance.ledger.tlog import merkle, notes, tiles
from governance.ledger.tlog.checkpoints import Checkpoint
from governance.models import LedgerEntry
from tests.governance.ledger.test_verify import events, sql
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db


def read_bundle(data):
    leaves = []
    while data:
        size = int.from_bytes(data[:2], "big")
        leaves.append(data[2 : 2 + size])
        data = data[2 + size :]
    return leaves


def test_an_outsider_recomputes_the_root_from_files_alone(log_key, tmp_path):
    events(600)

    call_command("ledger", "export", str(tmp_path), verbosity=0)

    note = notes.Note.parse((tmp_path / "checkpoint").read_bytes())
    note.verified([log_key.verifier])
    there = Checkpoint.parse(note.text)
    edge = merkle.Frontier()
    for number, width in ((0, 256), (1, 256), (2, 88)):
        leaves = read_bundle((tmp_path / tiles.bundle_path(number, width)).read_bytes())
        hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
        assert (tmp_path / tiles.tile_path(0, number, width)).read_bytes() == b"".join(hashes)
        for found in hashes:
            edge.append(found)
    assert (there.size, there.root) == (600, edge.root())
    above = (tmp_path / "tile/1/000.p/2").read_bytes()
    assert merkle.node_hash(above[:32], above[32:]) == edge.hashes[0]


def test_complete_tiles_stay_and_the_rest_grows(log_key, tmp_path):
    events(256)
    export(tmp_path)
    whole = tmp_path / "tile/0/000"
    before = whole.stat().st_mtime_ns
    events(1)

    assert export(tmp_path) == 257
    assert whole.stat().st_mtime_ns == before
    assert (tmp_path / "tile/entries/001.p/1").exists()


def test_an_entry_that_was_edited_is_not_given_out(log_key, tmp_path):
    events(3)
    ledger.make_checkpoint()
    with lifted():
        sql("UPDATE governance_ledgerentry SET verb = 'x' WHERE id = %s", LedgerEntry.objects.first().pk)

    with pytest.raises(LogForked, match="is not event 0"):
        export(tmp_path)
    with pytest.raises(LogForked, match="is not event 0"):
        ledger.entry_bytes(0)
    assert not (tmp_path / "checkpoint").exists()
