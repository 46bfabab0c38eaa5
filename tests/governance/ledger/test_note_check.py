"""`ledger verify` asks whether a key of its time signed each checkpoint, and verifies cosignatures again."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from governance import ledger
from governance.ledger import signing, witnesses
from governance.ledger.tlog import notes
from governance.ledger.verification import verify
from governance.models import LedgerCheckpoint, LedgerCosignature
from tests.governance.ledger.conftest import ORIGIN
from tests.governance.ledger.test_verify import events
from tests.support.log_keys import LogKey
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
SIGNED, COSIGNED = LedgerCheckpoint._meta.db_table, LedgerCosignature._meta.db_table
DAY = dt.timedelta(days=1)


@pytest.fixture
def rotated(log_key, monkeypatch):
    """A checkpoint of 3 events by one key, one of 5 by the next; both, and what tells what is known of the first."""
    events(3)
    first = ledger.make_checkpoint()
    new = LogKey(ORIGIN)
    monkeypatch.setattr(signing, "_providers", [lambda: new])
    events(2)
    second = ledger.make_checkpoint()

    def know(**old):
        keys = [signing.LogKey(log_key.verifier, **old), signing.LogKey(new.verifier)]
        monkeypatch.setattr(signing, "_known", [lambda: keys])

    know()
    return first, second, know


def found():
    return [(each.table, each.row, each.text) for each in verify().problems]


def sql(statement, *values):
    with lifted(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_a_key_signed_before_it_was_retired_holds(rotated):
    _first, _second, know = rotated
    know(begin=timezone.now() - DAY, end=timezone.now())

    assert found() == []


@pytest.mark.parametrize("bounds", [{"end": -DAY}, {"begin": DAY}])
def test_what_a_key_signed_outside_of_its_time_does_not(rotated, bounds):
    first, _second, know = rotated
    know(**{name: timezone.now() + away for name, away in bounds.items()})

    assert found() == [(SIGNED, str(first.pk), "it was signed by a key that was not in force then")]


def test_a_compromised_key_counts_up_to_its_cut_off(rotated):
    first, _second, know = rotated

    know(cutoff=3)
    assert found() == []

    know(cutoff=2)
    assert found() == [(SIGNED, str(first.pk), "it was signed by a compromised key, which counts up to 2 events")]


def test_a_signature_of_a_stranger_or_of_nobody_known_is_named(rotated):
    first, second, _know = rotated
    text = notes.Note.parse(first.note.encode()).text
    forged = notes.sign(text, LogKey(ORIGIN)).encode().decode()
    sql("UPDATE governance_ledgercheckpoint SET note = %s WHERE id = %s", forged, first.pk)

    assert found() == [(SIGNED, str(first.pk), "its note was changed: no key that is known signed it")]
    assert second.size == 5


def test_without_keys_verify_says_that_nothing_was_verified(rotated, monkeypatch):
    first, _second, _know = rotated
    monkeypatch.setattr(signing, "_known", [])

    assert found() == [
        (SIGNED, str(first.pk),
         "this signature and those after it are not verified: No key is there to verify checkpoints with.")
    ]  # fmt: skip


@pytest.fixture
def cosigned(rotated, settings):
    """The second checkpoint, cosigned by a configured witness."""
    witness = LogKey("witness.example/w1", notes.COSIGNATURE)
    settings.LEDGER_WITNESSES = [witness.verifier.vkey]
    note = notes.Note.parse(rotated[1].note.encode())
    witnesses.accept(rotated[1], [notes.cosign(note.text, witness, 1_795_000_000)])
    assert found() == []
    return LedgerCosignature.objects.get(), witness, note


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda row, key, note: ("line", notes.cosign(f"{note.text}x\n", key, 1_795_000_000).line[:-1]), "was changed"),
        (lambda row, key, note: ("line", "nonsense"), "was changed"),
        (lambda row, key, note: ("line", notes.cosign(note.text, key, 1_795_000_001).line[:-1]), "its columns"),
        (lambda row, key, note: ("witness", "witness.example/w2"), "its columns"),
        (lambda row, key, note: ("at", row.at + DAY), "its columns"),
    ],
)
def test_a_cosignature_that_was_changed_is_named(cosigned, change, problem):
    column, value = change(*cosigned)
    sql(f"UPDATE governance_ledgercosignature SET {column} = %s", value)  # noqa: S608 - above

    ((table, row, text),) = found()
    assert (table, row) == (COSIGNED, str(cosigned[0].pk))
    assert problem in text
