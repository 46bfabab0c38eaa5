# ruff: noqa: S608 - names of tables and columns
"""What was signed, found or handed in stays, in rows whose state goes on changing: on SQLite and on PostgreSQL."""

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from certification.models import Certificate
from governance.db.write_once import WriteOnce, create_statements, expected_columns, unguarded_tables
from tests.factories import CertificateFactory, DecisionFactory
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
TABLE = "certification_certificate"
REFUSED = "is refused"


def execute(sql):
    """Run SQL; what it raises leaves the test's transaction usable."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def another(column):
    """SQL for a value the column does not hold; NULL differs from every value that is there."""
    return {"not_after": "'2099-01-01 00:00:00+00:00'", "tier": "'low'", "demo": "NOT demo"}.get(column, "NULL")


@pytest.fixture
def certificate():
    return CertificateFactory(tier="high", conditions="none", decision=DecisionFactory(), issued_by=None, log_index=7)


@pytest.mark.parametrize("column", [name for name in Certificate.write_once if name != "issued_by_id"])
def test_a_certificate_says_for_good_what_it_says(certificate, column):
    with pytest.raises(DatabaseError, match=REFUSED):
        execute(f"UPDATE {TABLE} SET {column} = {another(column)}")

    assert getattr(Certificate.objects.get(), column) == getattr(certificate, column)


def test_a_certificate_is_there_for_good(certificate):
    ways = [f"DELETE FROM {TABLE}"]
    if connection.vendor == "postgresql":  # SQLite knows no TRUNCATE
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # else it is refused for the checks the row still waits for
        ways.append(f"TRUNCATE {TABLE} CASCADE")

    for way in ways:
        with pytest.raises(DatabaseError, match=REFUSED):
            execute(way)

    assert Certificate.objects.get() == certificate


def test_a_certificate_is_not_written_over(certificate):
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, TABLE)]
    named = ", ".join(columns)
    values = named.replace("not_after", "'2099-01-01 00:00:00+00:00'")
    over = f"INSERT INTO {TABLE} ({named}) SELECT {values} FROM {TABLE} WHERE true"
    if connection.vendor == "postgresql":
        over += " ON CONFLICT (id) DO UPDATE SET not_after = EXCLUDED.not_after"
    else:
        over = over.replace("INSERT INTO", "INSERT OR REPLACE INTO")

    with pytest.raises(DatabaseError, match=REFUSED):
        execute(over)

    assert Certificate.objects.get().not_after == certificate.not_after


def test_what_was_empty_may_still_be_filled_and_states_go_on(certificate):
    who = certificate.decision.decided_by_id

    execute(f"UPDATE {TABLE} SET issued_by_id = {who}, state = 'suspended', state_reason = 'x'")

    found = Certificate.objects.get()
    assert (found.issued_by_id, found.state, found.state_reason) == (who, "suspended", "x")
    with pytest.raises(DatabaseError, match=REFUSED):
        execute(f"UPDATE {TABLE} SET issued_by_id = NULL")


def test_the_migrations_guard_what_the_models_say():
    operations = [
        operation
        for _name, migration in sorted(MigrationLoader(connection).disk_migrations.items())
        for operation in migration.operations
        if isinstance(operation, WriteOnce)
    ]  # a later one of the same table counts

    assert {operation.table: tuple(operation.columns) for operation in operations} == expected_columns()
    assert expected_columns().keys() == {
        TABLE, "governance_apitoken", "plugins_pluginversion", "plugins_vettingrun", "plugins_detectionrule",
        "plugins_waiver", "plugins_filedecision", "audits_report",
    }  # fmt: skip
    assert unguarded_tables() == set()


@pytest.mark.parametrize("name", ["once", "kept"])
def test_the_system_check_names_a_table_that_lost_a_trigger(name):
    execute(f"DROP TRIGGER {TABLE}_{name}" + (f" ON {TABLE}" if connection.vendor == "postgresql" else ""))

    messages = run_checks(databases=["default"])

    assert [message.id for message in messages] == ["governance.E004"]
    assert messages[0].msg.startswith(f"{TABLE} can be changed")


def test_the_system_check_names_a_table_whose_trigger_forgets_a_column():
    with lifted():
        columns = [name for name in Certificate.write_once if name != "not_after"]
        for statement in create_statements(connection.vendor, TABLE, columns):
            execute(statement)

        assert TABLE in unguarded_tables()


def test_triggers_are_back_after_they_were_lifted(certificate):
    with lifted():
        assert unguarded_tables() == expected_columns().keys()
        execute(f"UPDATE {TABLE} SET serial = 'PW-X'")

    assert unguarded_tables() == set()
