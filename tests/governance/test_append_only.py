"""What is written down stays: the database itself refuses change, on SQLite and on PostgreSQL."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState

from governance import ledger
from governance.checks import tables_are_append_only
from governance.db.append_only import AppendOnly, expected_tables, guarded_tables
from governance.models import LedgerEntry, User
from plugins.models import Artifact, Finding, PluginVersion
from tests.factories import ArtifactFactory, CriterionFactory, DecisionFactory, PluginVersionFactory, VettingRunFactory
from tests.support.triggers import lifted

pytestmark = pytest.mark.django_db
REFUSED = "append-only"


@pytest.fixture
def rows():
    """A row of each kind of table: ledger, history, evidence, and what a decision cites."""
    ledger.record(verb="thing.done")
    run = VettingRunFactory()
    decision = DecisionFactory(criteria=[CriterionFactory(policy=run.policy)])
    tables = (
        LedgerEntry._meta.db_table,
        PluginVersion.history.model._meta.db_table,
        Finding._meta.db_table,
        type(decision).criteria.through._meta.db_table,
    )
    return dict(zip(("ledger", "history", "evidence", "links"), tables, strict=True))


def execute(sql):
    """Run SQL; what it raises leaves the test's transaction usable."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def key_of(table):
    return "history_id" if "historical" in table else "id"


@pytest.mark.parametrize("kind", ["ledger", "history", "evidence", "links"])
class TestEachTable:
    def test_refuses_update(self, rows, kind):
        table = rows[kind]
        with pytest.raises(DatabaseError, match=REFUSED):
            execute(f'UPDATE "{table}" SET "{key_of(table)}" = "{key_of(table)}"')  # noqa: S608 - names of tables

    def test_refuses_delete(self, rows, kind):
        with pytest.raises(DatabaseError, match=REFUSED):
            execute(f'DELETE FROM "{rows[kind]}"')  # noqa: S608 - ditto

    def test_refuses_truncate(self, rows, kind):
        """SQLite knows no TRUNCATE: there it is the DELETE above."""
        if connection.vendor != "postgresql":
            return
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # else it is refused for the checks the rows still wait for
        with pytest.raises(DatabaseError, match=REFUSED):
            execute(f'TRUNCATE "{rows[kind]}" CASCADE')

    def test_refuses_to_be_written_over(self, rows, kind):
        table = rows[kind]
        with connection.cursor() as cursor:
            columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
        named = ", ".join(f'"{column}"' for column in columns)
        over = f'INSERT INTO "{table}" ({named}) SELECT {named} FROM "{table}" WHERE true'  # noqa: S608 - ditto
        if connection.vendor == "postgresql":
            over += f' ON CONFLICT ("{key_of(table)}") DO UPDATE SET "{columns[-1]}" = EXCLUDED."{columns[-1]}"'
        else:
            over = over.replace("INSERT INTO", "INSERT OR REPLACE INTO")
        with pytest.raises(DatabaseError, match=REFUSED):
            execute(over)


def test_a_row_is_not_replaced_by_its_other_unique_key_either():
    artifact = ArtifactFactory()
    columns = "sha256, size, filename, stored_at"
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"

    with pytest.raises((DatabaseError, IntegrityError)):
        execute(f"{verb} INTO plugins_artifact ({columns}) SELECT {columns} FROM plugins_artifact")  # noqa: S608 - ditto

    assert Artifact.objects.get() == artifact


@pytest.mark.parametrize("change", ["save", "update", "delete", "bulk_update"])
def test_the_orm_is_refused_too(change):
    ledger.record(verb="thing.done")
    entry = LedgerEntry.objects.get()
    entry.verb = "thing.undone"
    changes = {
        "save": entry.save,
        "update": lambda: LedgerEntry.objects.update(verb="x"),
        "delete": entry.delete,
        "bulk_update": lambda: LedgerEntry.objects.bulk_update([entry], ["verb"]),
    }

    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        changes[change]()

    assert LedgerEntry.objects.get().verb == "thing.done"


def test_every_history_evidence_and_ledger_table_is_guarded():
    tables = expected_tables()

    assert tables <= guarded_tables()
    assert {
        "governance_ledgerentry",
        "governance_historicaluser",
        "plugins_finding",
        "plugins_artifact",
        "certification_decision",
        "certification_decision_criteria",
        "certification_historicalcertificate",
        "audits_historicalreport",
    } <= tables
    assert not {"plugins_plugin", "certification_certificate", "governance_user"} & guarded_tables()


def test_the_system_check_is_quiet_while_all_triggers_are_there():
    assert tables_are_append_only(databases=["default"]) == []
    call_command("check", databases=["default"])


@pytest.mark.parametrize("which", [0, 1])
def test_the_system_check_names_a_table_that_lost_a_trigger(which):
    table = "plugins_finding"
    names = ("rows", "truncate") if connection.vendor == "postgresql" else ("update", "replace")
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    execute(f'DROP TRIGGER "{table}_{names[which]}"{on}')

    messages = run_checks(databases=["default"])

    assert [message.id for message in messages] == ["governance.E004"]
    assert messages[0].msg.startswith("plugins_finding can be changed")


def weakened():
    """Statements that leave a trigger of the right name which refuses nothing."""
    table = "plugins_finding"
    if connection.vendor == "sqlite":
        silent = f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} WHEN 0 BEGIN SELECT 'append-only'; END"
        return [[f"DROP TRIGGER {table}_update", silent]]
    silent = (
        f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
        " WHEN (false) EXECUTE FUNCTION plugwarden_append_only()"
    )
    hollow = "CREATE OR REPLACE FUNCTION plugwarden_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    return [
        [f"DROP TRIGGER {table}_rows ON {table}", silent],
        [f"ALTER TABLE {table} ENABLE REPLICA TRIGGER {table}_rows"],
        [f"ALTER TABLE {table} DISABLE TRIGGER {table}_rows"],
        [f"{hollow} $$ BEGIN RETURN NEW; END $$"],
    ]


def test_the_system_check_names_a_table_whose_trigger_refuses_nothing():
    for statements in weakened():
        with transaction.atomic():
            execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
            for statement in statements:
                execute(statement)
            messages = run_checks(databases=["default"])
            transaction.set_rollback(True)

        assert "plugins_finding can be changed" in " ".join(message.msg for message in messages)


def test_triggers_are_back_after_they_were_lifted():
    before = guarded_tables()

    with lifted():
        assert guarded_tables() == set()
    assert guarded_tables() == before


@pytest.mark.django_db(transaction=True)
def test_the_migration_operation_makes_a_table_append_only_and_back():
    operation, state = AppendOnly("scrap"), ProjectState()
    execute("CREATE TABLE scrap (id integer PRIMARY KEY)")
    try:
        execute("INSERT INTO scrap VALUES (1)")
        with connection.schema_editor() as editor:
            operation.database_forwards("governance", editor, state, state)
        with pytest.raises(DatabaseError, match=REFUSED):
            execute("DELETE FROM scrap")
        with connection.schema_editor() as editor:
            operation.database_backwards("governance", editor, state, state)
        execute("DELETE FROM scrap")
    finally:
        execute("DROP TABLE scrap")

    assert operation.deconstruct() == ("AppendOnly", ["scrap"], {})
    assert operation.describe() == "Make append-only: scrap"


def test_a_history_row_says_who_changed_what():
    version = PluginVersionFactory()
    version.license = "MIT"
    version._history_user = User.objects.create(username="olga")
    version.save(update_fields=["license"])

    latest = version.history.first()

    assert (latest.license, latest.history_user.username, latest.history_type) == ("MIT", "olga", "~")
