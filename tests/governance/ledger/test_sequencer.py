"""Events get contiguous indexes, once each, and the tree over them can be proven."""

import datetime as dt
import json

import pytest
from django.db import transaction

from governance import ledger
from governance.ledger import sequencer
from governance.ledger.errors import EventRefused, WrongIndex
from governance.ledger.tlog import merkle
from governance.ledger.tree import StoredTree
from governance.models import LedgerEntry, LedgerLeaf, LedgerNode
from tests.factories import UserFactory
from tests.support.races import at_once

pytestmark = pytest.mark.django_db


def write(count, verb="thing.done"):
    for number in range(count):
        ledger.record(verb=verb, details={"n": number})


def leaves():
    return list(LedgerLeaf.objects.values_list("index", "entry_id"))


def test_events_get_indexes_in_order_from_zero():
    write(3)

    assert ledger.sequence() == 3
    assert leaves() == list(enumerate(LedgerEntry.objects.values_list("pk", flat=True)))
    assert ledger.sequence() == 0


def test_an_event_is_numbered_when_its_transaction_commits(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        write(3)
        assert not LedgerLeaf.objects.exists()

    assert callbacks.count(sequencer.sequence_soon) == 1
    assert [index for index, _entry in leaves()] == [0, 1, 2]


def test_commits_in_a_row_are_numbered_together(django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(sequencer, "PAUSE", 60.0)
    monkeypatch.setattr(sequencer, "_rest", {"until": 0.0})
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            write(1)

    assert [index for index, _entry in leaves()] == [0]
    assert ledger.sequence() == 2


def test_a_leaf_is_the_canonical_event():
    user = UserFactory(username="grace", first_name="", last_name="")
    entry = ledger.record(verb="thing.done", subject=user, actor=user, details={"b": "\u00e9", "a": [1, None, 2.0]})
    ledger.sequence()
    entry.refresh_from_db()

    data = sequencer.leaf_bytes(entry)

    assert json.loads(data) == {
        "version": 1,
        "entry": entry.pk,
        "at": entry.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": {"id": user.pk, "label": "grace"},
        "verb": "thing.done",
        "subject": {"type": "governance.user", "id": str(user.pk), "label": "grace"},
        "details": {"a": [1, None, 2], "b": "\u00e9"},
    }
    assert data.startswith(b'{"actor":{"id":')
    assert b'"details":{"a":[1,null,2],"b":"\xc3\xa9"}' in data
    assert bytes(entry.leaf.hash) == merkle.leaf_hash(data)


@pytest.mark.parametrize(
    "value", [1e20, -0.0, 0.1, 1e-7, 123456789.123456789, 2**70, {"x": {"y": [True, ""]}}, ("a", "b"), "\U0001f600"]
)
def test_the_database_gives_back_what_was_hashed(value):
    entry = ledger.record(verb="thing.done", details={"value": value})
    before = sequencer.leaf_bytes(entry)

    assert sequencer.leaf_bytes(LedgerEntry.objects.get(pk=entry.pk)) == before


def test_an_event_of_64_kib_is_refused_and_one_below_fits():
    with pytest.raises(EventRefused, match="log a digest instead"):
        ledger.record(verb="thing.done", details={"text": "x" * 65_536})
    entry = ledger.record(verb="thing.done", details={"text": "x" * 65_300})

    assert 65_000 < len(sequencer.leaf_bytes(entry)) < 65_536
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("value", [float("nan"), object(), b"bytes"])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(EventRefused, match="no JSON"):
        ledger.record(verb="thing.done", details={"value": value})


def test_a_certificate_can_contain_its_own_index():
    write(2)
    index = ledger.reserve_index()
    entry = ledger.record(verb="certificate.issued", details={"index": index}, index=index)

    assert index == 2
    assert leaves()[-1] == (2, entry.pk)
    write(1)
    ledger.sequence()
    assert [place for place, _entry in leaves()] == [0, 1, 2, 3]


def test_what_was_written_between_reserving_and_using_an_index_comes_after():
    index = ledger.reserve_index()
    write(1, "thing.else")
    used = ledger.record(verb="certificate.issued", index=index)
    ledger.sequence()

    assert [entry for _index, entry in leaves()] == [used.pk, used.pk - 1]


@pytest.mark.parametrize("index", [0, 2, -1])
def test_any_other_index_than_the_next_is_refused(index):
    write(1)
    ledger.sequence()

    with pytest.raises(WrongIndex, match="gets index 1"):
        ledger.record(verb="certificate.issued", index=index)


@pytest.mark.django_db(transaction=True)
def test_an_index_is_reserved_in_a_transaction_only():
    with pytest.raises(transaction.TransactionManagementError):
        ledger.reserve_index()


@pytest.mark.parametrize("sizes", [[1] * 20, [255, 1, 1], [700, 300, 1000], [65_536 // 32] * 33])
def test_the_stored_tree_has_the_root_of_its_leaves(sizes):
    for size in sizes:
        LedgerEntry.objects.bulk_create(
            LedgerEntry(at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), verb="thing.done", details={}) for _ in range(size)
        )
        ledger.sequence()
    edge = merkle.Frontier()
    for found in LedgerLeaf.objects.values_list("hash", flat=True):
        edge.append(bytes(found))

    assert edge.size == sum(sizes)
    assert merkle.root(edge.size, StoredTree().read) == edge.root()
    assert LedgerNode.objects.filter(level=1).count() == edge.size // 256
    assert LedgerNode.objects.filter(level=2).count() == edge.size // 65_536


def test_a_late_commit_is_found_although_later_events_have_indexes(monkeypatch):
    """A transaction may take an id and commit after thousands of others have."""
    write(30)
    late, *others = LedgerEntry.objects.values_list("pk", flat=True)
    LedgerLeaf.objects.bulk_create(
        LedgerLeaf(index=index, entry_id=entry, hash=bytes(32)) for index, entry in enumerate(others)
    )
    monkeypatch.setattr(sequencer, "LATE", 20)

    assert ledger.sequence() == 0
    assert sequencer.sequence(thorough=True) == 1
    assert leaves()[-1] == (29, late)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_no_gap_and_lose_nothing():
    def writer():
        for _ in range(5):
            with transaction.atomic():
                ledger.record(verb="thing.done")

    outcomes = at_once(*[writer] * 4)
    ledger.sequence()

    assert outcomes == [None] * 4
    entries = list(LedgerEntry.objects.values_list("pk", flat=True))
    assert [index for index, _entry in leaves()] == list(range(len(entries)))
    assert sorted(entry for _index, entry in leaves()) == entries
