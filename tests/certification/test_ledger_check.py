"""`ledger verify` compares every certificate, and where it stands, with what the ledger says of it."""

import pytest
from django.db import connection, transaction

from certification import certificates
from governance import ledger
from governance.ledger.verification import verify
from governance.models import LedgerEntry, LedgerLeaf
from tests.support.certified import certified, reviewer
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
TABLE = "certification_certificate"


@pytest.fixture
def certificate(policy):
    found = certified(policy)
    ledger.sequence()
    return found


def named():
    return [(problem.table, problem.row, problem.text.partition(":")[0]) for problem in verify().problems]


def sql(statement, *values):
    with lifted(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_certificate_as_it_was_issued_and_moved_is_well(certificate):
    assert named() == []

    certificates.suspend(certificate=certificate, actor=reviewer(), reason="A question.")
    ledger.sequence()

    assert named() == []


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("envelope", b"{}", "this certificate was changed"),
        ("serial", "PW-OTHER", "this certificate was changed"),
        ("sha256", "ab" * 32, "this certificate was changed"),
        ("not_after", "2037-01-01 00:00:00+00:00", "this certificate was changed"),
        ("not_before", "2020-01-01 00:00:00+00:00", "this certificate was changed"),
        ("keyid", "0" * 64, "this certificate was changed"),
        ("envelope_sha256", "0" * 64, "this certificate was changed"),
        ("tier", "critical", "this certificate was changed"),
        ("conditions", "Whatever you like.", "this certificate was changed"),
        ("demo", True, "this certificate was changed"),
        ("log_index", None, "names index None of the ledger"),
        ("log_index", 10**6, "names index 1000000 of the ledger"),
        ("state", "revoked", "is revoked without the event that says so"),
    ],
)
def test_a_certificate_that_was_edited_is_named(certificate, column, value, problem):
    sql(f"UPDATE certification_certificate SET {column} = %s WHERE id = %s", value, certificate.pk)  # noqa: S608 - above

    found = verify().problems

    assert [(each.table, each.row) for each in found] == [(TABLE, str(certificate.pk))]
    assert problem in found[0].text


def test_a_certificate_that_was_smuggled_in_or_taken_away_is_named(certificate):
    sql("UPDATE certification_certificate SET id = 4711 WHERE id = %s", certificate.pk)

    assert [(row, text.partition(" (")[0]) for _table, row, text in named()] == [
        ("4711", "the ledger has this certificate issued 0 times, not once"),
        (str(certificate.pk), f"this certificate is missing, ledger entry {entry_of(certificate)}"),
    ]


def test_a_leaf_before_the_first_hides_no_event(certificate):
    """A made-up event with such a leaf would neither wait nor be part of the tree."""
    certificates.suspend(certificate=certificate, actor=reviewer(), reason="A question.")
    ledger.sequence()
    with transaction.atomic():
        event = ledger.record(verb="certificate.reinstated", subject=certificate)
    LedgerLeaf.objects.create(index=-1, entry=event, hash=b"\0" * 32)
    sql("UPDATE certification_certificate SET state = 'active' WHERE id = %s", certificate.pk)

    assert ("governance_ledgerleaf", "-1", "this leaf lies before the first one") in named()


def entry_of(certificate):
    return LedgerEntry.objects.get(verb="certificate.issued", subject_id=str(certificate.pk)).pk
