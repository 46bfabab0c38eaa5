"""A database of before the log: its certificates keep the bytes that were signed, and stay as they are."""

import hashlib
import json

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from certification.models import Certificate
from certification.verify.canonical import canonical
from governance import checks
from governance.db import append_only, write_once
from governance.db.append_only import expected_tables, guarded_tables
from governance.db.write_once import unguarded_tables
from tests.factories import CertificateFactory

TABLE, HISTORY = "certification_certificate", "certification_historicalcertificate"
BEFORE = [("certification", "0007_recalls")]
ENVELOPE = {"payload": "e30=", "payloadType": "x", "signatures": [{"keyid": "é", "sig": "AA=="}]}


@pytest.mark.django_db(transaction=True)
def test_a_bundle_of_before_becomes_the_certificate_in_it_and_back_again():
    made, vendor = CertificateFactory(), connection.vendor
    dropping = [*write_once.drop_statements(vendor, TABLE), *append_only.drop_statements(vendor, HISTORY)]
    bundle = canonical({"schema": "plugwarden.bundle/v1", "certificate": ENVELOPE, "trustRoot": {}})
    try:
        MigrationExecutor(connection).migrate(BEFORE)
        waiting = checks.migrations_wait(connection)
        said = [found.id for found in run_checks(databases=["default"])]
        with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE certification_certificate SET bundle_sha256 = 'x'")
        with connection.cursor() as cursor:
            for statement in dropping:
                cursor.execute(statement)
            for table in (TABLE, HISTORY):
                cursor.execute(f"UPDATE {table} SET bundle = %s", [bundle])  # noqa: S608 - a name of ours
    finally:
        call_command("migrate", verbosity=0)

    row = Certificate.objects.get(pk=made.pk)
    assert (waiting, "governance.E004" in said) == (True, False)
    assert json.loads(bytes(row.envelope)) == ENVELOPE
    assert row.envelope_sha256 == hashlib.sha256(bytes(row.envelope)).hexdigest()
    assert row.history.get().envelope_sha256 == row.envelope_sha256
    assert (expected_tables() - guarded_tables(), unguarded_tables()) == (set(), set())
    assert checks.migrations_wait(connection) is False
