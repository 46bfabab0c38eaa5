"""`ledger verify` names whatever the database's owner changes behind the portal's back."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from governance import ledger
from governance.ledger import problems, sequencer
from governance.ledger.errors import NotInTree
from governance.ledger.verification import verify
from governance.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from plugins.models import Plugin
from tests.factories import PluginFactory
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
ENTRIES, LEAVES, NODES = "governance_ledgerentry", "governance_ledgerleaf", "governance_ledgernode"
SIGNED, HISTORY = "governance_ledgercheckpoint", "plugins_historicalplugin"


def events(count):
    LedgerEntry.objects.bulk_create(
        LedgerEntry(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), verb="thing.done", details={"n": n})
        for n in range(count)
    )


@pytest.fixture
def log(log_key):
    """Two complete tiles and some; checkpoints of 300 events and of all; two plugins with history."""
    events(300)
    ledger.make_checkpoint()
    events(250)
    PluginFactory(name="one").save()
    PluginFactory(name="two")
    return ledger.make_checkpoint()


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found():
    return [(problem.table, problem.row) for problem in verify().problems]


def entry_of(index):
    return LedgerLeaf.objects.get(index=index).entry_id


def one():
    """The keys of the history rows of the first plugin, oldest first."""
    return list(Plugin.history.filter(name="one").order_by("history_id").values_list("pk", flat=True))


def test_nothing_is_wrong_with_what_nobody_touched(log):
    result = verify()

    assert result.problems == ()
    assert (result.size, result.root) == (log.size, bytes(log.root))
    assert (result.signed, result.waiting) == (3, 0)  # two rows, and the one outside
    assert result.history_rows >= 5


def edit_entry(log):
    sql("UPDATE governance_ledgerentry SET verb = 'thing.undone' WHERE id = %s", entry_of(7))
    return [(ENTRIES, entry_of(7))]


def edit_the_newest_entry(log):
    """It stands in no complete tile: the signed root tells."""
    index = log.size - 1
    sql("UPDATE governance_ledgerentry SET details = '{\"n\": 1}' WHERE id = %s", entry_of(index))
    return [(ENTRIES, entry_of(index))]


def delete_entry(log):
    """Its leaf still points to it, which the owner can have overlooked."""
    entry = entry_of(7)
    sql(
        "SET session_replication_role = replica"
        if connection.vendor == "postgresql"
        else "PRAGMA defer_foreign_keys = ON"
    )
    sql("DELETE FROM governance_ledgerentry WHERE id = %s", entry)
    if connection.vendor == "postgresql":
        sql("SET session_replication_role = origin")
    return [(ENTRIES, entry)]


def insert_entry(log):
    """A row of long ago that never was in the tree."""
    sql(
        "INSERT INTO governance_ledgerentry"
        " (id, at, actor_label, verb, subject_type, subject_id, subject_label, details)"
        " SELECT 999999, at, actor_label, verb, subject_type, subject_id, subject_label, details"
        " FROM governance_ledgerentry WHERE id = %s",
        entry_of(7),
    )
    return [(ENTRIES, 999_999)]


def edit_leaf(log):
    sql("UPDATE governance_ledgerleaf SET hash = %s WHERE id = 9", b"\1" * 32)
    return [(LEAVES, 9)]


def edit_the_newest_leaf(log):
    index = log.size - 1
    sql("UPDATE governance_ledgerleaf SET hash = %s WHERE id = %s", b"\1" * 32, index)
    return [(LEAVES, index)]


def delete_leaf(log):
    sql("DELETE FROM governance_ledgerleaf WHERE id = 9")
    return [(LEAVES, 9)]


def insert_leaf(log):
    """An event of today, put behind the last one by hand, with a hash of its own."""
    entry = ledger.record(verb="thing.done")
    sql("INSERT INTO governance_ledgerleaf (id, entry_id, hash) VALUES (%s, %s, %s)", log.size, entry.pk, b"\1" * 32)
    return [(ENTRIES, entry.pk)]


def truncate_leaves(log):
    sql("DELETE FROM governance_ledgerleaf WHERE id >= 290")
    return [(SIGNED, LedgerCheckpoint.objects.order_by("size").first().pk), (SIGNED, log.pk)]


def empty_the_leaves(log):
    sql("DELETE FROM governance_ledgerleaf")
    return [(SIGNED, log.pk)]


def reorder_leaves(log):
    """Two events change places, each with its hash: every leaf fits its entry."""
    first, second = LedgerLeaf.objects.filter(index__in=(3, 4)).order_by("index")
    sql("DELETE FROM governance_ledgerleaf WHERE id IN (3, 4)")
    for index, leaf in ((3, second), (4, first)):
        sql(
            "INSERT INTO governance_ledgerleaf (id, entry_id, hash) VALUES (%s, %s, %s)",
            index, leaf.entry_id, bytes(leaf.hash),
        )  # fmt: skip
    return [(NODES, "1/0")]


def rewrite_entry_and_leaf(log):
    """Both fit each other: the node above tells."""
    entry = LedgerEntry.every.get(pk=entry_of(7))
    entry.verb = "thing.undone"
    sql("UPDATE governance_ledgerentry SET verb = 'thing.undone' WHERE id = %s", entry.pk)
    hashed = sequencer.leaf_hash(sequencer.leaf_bytes(entry))
    sql("UPDATE governance_ledgerleaf SET hash = %s WHERE id = 7", hashed)
    return [(NODES, "1/0")]


def rewrite_everything(log):
    """Entry, leaf and node fit each other: what was signed tells."""
    rewrite_entry_and_leaf(log)
    hashes = list(LedgerLeaf.objects.filter(index__lt=256).order_by("index").values_list("hash", flat=True))
    sql(
        'UPDATE governance_ledgernode SET hash = %s WHERE level = 1 AND "index" = 0',
        sequencer.complete_root([bytes(each) for each in hashes]),
    )
    return [(SIGNED, log.pk)]


def edit_node(log):
    sql('UPDATE governance_ledgernode SET hash = %s WHERE level = 1 AND "index" = 1', b"\1" * 32)
    return [(NODES, "1/1")]


def delete_node(log):
    sql('DELETE FROM governance_ledgernode WHERE level = 1 AND "index" = 1')
    return [(NODES, "1/1")]


def insert_node(log):
    sql('INSERT INTO governance_ledgernode (level, "index", hash) VALUES (1, 2, %s)', b"\1" * 32)
    return [(NODES, "1/2")]


def edit_checkpoint(log):
    sql("UPDATE governance_ledgercheckpoint SET root = %s WHERE id = %s", b"\1" * 32, log.pk)
    return [(SIGNED, log.pk)]


def edit_note(log):
    sql("UPDATE governance_ledgercheckpoint SET note = REPLACE(note, 'example', 'elpmaxe') WHERE id = %s", log.pk)
    return [(SIGNED, log.pk)]


def edit_history(log):
    sql("UPDATE plugins_historicalplugin SET name = 'other' WHERE history_id = %s", one()[0])
    return [(HISTORY, Plugin.history.get(name="other").pk)]


def delete_history(log):
    key = one()[0]
    sql("DELETE FROM plugins_historicalplugin WHERE history_id = %s", key)
    return [(HISTORY, key)]


def insert_history(log):
    row = Plugin.history.first()
    row.pk, row.name = 777_777, "smuggled in"
    row.save(force_insert=True)
    return [(HISTORY, 777_777)]


def reorder_history(log):
    first, last = one()[0], one()[-1]
    for old, new in ((first, -1), (last, first), (-1, last)):
        sql("UPDATE plugins_historicalplugin SET history_id = %s WHERE history_id = %s", new, old)
    return [(HISTORY, first), (HISTORY, last)]


def empty_the_history(log):
    keys = list(Plugin.history.values_list("pk", flat=True))
    sql("DELETE FROM plugins_historicalplugin")
    return [(HISTORY, key) for key in keys]


def log_history_twice(log):
    """Somebody edits a history row and has its new digest recorded by the portal itself."""
    from governance.ledger import history  # noqa: PLC0415 - for this alone

    sql("UPDATE plugins_historicalplugin SET name = 'other' WHERE history_id = %s", one()[0])
    row = Plugin.history.get(name="other")
    history.log_rows([row])
    ledger.sequence()
    return [(HISTORY, row.pk)]


def restore_a_backup(log):
    """The whole database as it was at 300 events: only the checkpoint outside knows better."""
    sql("DELETE FROM governance_ledgerleaf WHERE id >= 300")
    sql('DELETE FROM governance_ledgernode WHERE level = 1 AND "index" >= 1')
    sql("DELETE FROM governance_ledgercheckpoint WHERE id = %s", log.pk)
    sql("DELETE FROM governance_ledgerentry WHERE id NOT IN (SELECT entry_id FROM governance_ledgerleaf)")
    sql("DELETE FROM plugins_historicalplugin")
    sql("DELETE FROM plugins_historicalownerteam")
    return [("file", "example.com_log.checkpoint")]


TAMPERINGS = [
    edit_entry, edit_the_newest_entry, delete_entry, insert_entry, edit_leaf, edit_the_newest_leaf, delete_leaf,
    insert_leaf, truncate_leaves, empty_the_leaves, reorder_leaves, rewrite_entry_and_leaf, rewrite_everything,
    edit_node, delete_node, insert_node, edit_checkpoint, edit_note, edit_history, delete_history, insert_history,
    reorder_history, empty_the_history, log_history_twice, restore_a_backup,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_what_was_tampered_with_is_named(log, tamper):
    with lifted():
        expected = tamper(log)
        named = {(table, row.rpartition("/")[2] if table == "file" else row) for table, row in found()}
        sql("DELETE FROM governance_ledgerleaf WHERE entry_id NOT IN (SELECT id FROM governance_ledgerentry)")

    assert {(table, str(row)) for table, row in expected} <= named


def test_an_event_just_written_waits_and_is_no_problem(log):
    ledger.record(verb="thing.done")
    result = verify()

    assert (result.waiting, result.problems) == (1, ())


def test_since_takes_the_tree_before_from_its_checkpoint(log):
    with lifted():
        sql("UPDATE governance_ledgerentry SET verb = 'x' WHERE id IN (%s, %s)", entry_of(7), entry_of(500))
    late = entry_of(500)

    result = verify(since=300)

    assert [(problem.table, problem.row) for problem in result.problems] == [(ENTRIES, str(late))]
    assert (result.begin, result.root) == (256, bytes(log.root))
    with pytest.raises(NotInTree, match="no checkpoint of size 299"):
        verify(since=299)
    with pytest.raises(NotInTree, match="to begin with"):
        verify(since=5_000)


def test_since_notices_a_tree_that_is_not_its_checkpoints(log):
    with lifted():
        sql('UPDATE governance_ledgernode SET hash = %s WHERE level = 1 AND "index" = 0', b"\1" * 32)

    assert (SIGNED, str(log.pk)) in {(each.table, each.row) for each in verify(since=300).problems}


def test_a_million_problems_are_counted_and_some_are_listed(log, monkeypatch):
    monkeypatch.setattr(problems, "KEPT", 3)
    with lifted():
        sql("UPDATE governance_ledgerentry SET verb = 'x' WHERE verb = 'thing.done'")

    result = verify()

    assert (len(result.problems), result.count) == (3, 550)


def run(*arguments):
    out = StringIO()
    code = 0
    try:
        call_command("ledger", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        code = end.code
    except CommandError as refusal:
        return refusal.returncode, str(refusal)
    return code, out.getvalue()


class TestCommand:
    def test_verify_prints_size_root_and_verdict(self, log):
        code, text = run("verify")

        assert code == 0
        assert text.splitlines()[0] == f"size     {log.size}"
        assert text.splitlines()[-1] == "All is as it was recorded."

    def test_verify_names_problems_and_exits_with_1(self, log):
        with lifted():
            edit_entry(log)

        code, text = run("verify")
        as_json = json.loads(run("verify", "--json")[1])

        assert code == 1
        assert f"PROBLEM  governance_ledgerentry {entry_of(7)}: this entry was changed: it is not event 7" in text
        assert (as_json["ok"], as_json["size"], as_json["problemCount"]) == (False, log.size, 1)
        assert as_json["problems"][0] | {"problem": ""} == {"table": ENTRIES, "row": str(entry_of(7)), "problem": ""}

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("verify", "--since", "17"), "There is no checkpoint of size 17 to begin with."),
            (("prove", "99999"), "The ledger has no event of index 99999."),
            (("prove", "PW-NONE"), "There is no certificate PW-NONE in the ledger."),
            (("cosign", "/nowhere"), "/nowhere: No such file or directory."),
        ],
    )
    def test_what_cannot_be_done_is_one_sentence_and_exit_2(self, log, arguments, sentence):
        assert run(*arguments) == (2, sentence)

    def test_checkpoint_without_a_key_is_refused(self, monkeypatch):
        from governance.ledger import signing  # noqa: PLC0415 - for this alone

        monkeypatch.setattr(signing, "_providers", [])
        assert run("checkpoint") == (2, "No key is there to sign checkpoints with.")

    def test_checkpoint_prints_the_note(self, log):
        assert run("checkpoint") == (0, log.note)

    def test_prove_finds_a_certificate_by_its_serial(self, log, tmp_path):
        entry = ledger.record(verb="certificate.issued", subject_label="PW-7")
        place = LedgerLeaf.objects.count()

        code, _text = run("prove", "PW-7", "--output", str(tmp_path / "it.tlog-proof"))

        assert code == 0
        assert LedgerLeaf.objects.get(entry=entry).index == place
        assert f"index {place}\n" in (tmp_path / "it.tlog-proof").read_text()
        assert run("prove", str(place))[1] == (tmp_path / "it.tlog-proof").read_text()
