# ruff: noqa: S608 - table names come from our own models
"""Append-only tables: one migration operation, triggers for SQLite and PostgreSQL, and the list to check at start.

SQLite: `INSERT OR REPLACE` deletes without firing a delete trigger unless `recursive_triggers` is on, so an insert
trigger refuses an id that is already there. PostgreSQL: `TRUNCATE` needs a statement trigger of its own.
Whoever owns the database can drop triggers: docs/threat-model.md says what stands against that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from governance.db.triggers import BODY, CREATE_FUNCTION, FUNCTION, TriggerOperation

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

GUARDED = f"""
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = '{FUNCTION}' AND p.prosrc = %s AND pg_table_is_visible(c.oid)
AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr = ''::int2vector AND t.tgtype IN (27, 34)
GROUP BY c.oid, c.relname HAVING COUNT(DISTINCT t.tgtype) = 2
"""
"""Tables on PostgreSQL whose two triggers fire always and raise. 27: before each row's update or delete; 34: before
truncate."""


def create_statements(vendor: str, table: str) -> list[str]:
    """SQL that makes a table append-only; safe to run again."""
    if vendor == "postgresql":
        return [
            CREATE_FUNCTION,
            *drop_statements(vendor, table),
            f'CREATE TRIGGER "{table}_rows" BEFORE UPDATE OR DELETE ON "{table}"'
            f" FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()",
            f'CREATE TRIGGER "{table}_truncate" BEFORE TRUNCATE ON "{table}"'
            f" FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()",
        ]
    refusal = f"RAISE(ABORT, 'append-only: change of {table} is refused')"
    key = "history_id" if "_historical" in table else "id"
    return [
        *drop_statements(vendor, table),
        f'CREATE TRIGGER "{table}_update" BEFORE UPDATE ON "{table}" BEGIN SELECT {refusal}; END',
        f'CREATE TRIGGER "{table}_delete" BEFORE DELETE ON "{table}" BEGIN SELECT {refusal}; END',
        f'CREATE TRIGGER "{table}_replace" BEFORE INSERT ON "{table}"'
        f' WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}") BEGIN SELECT {refusal}; END',
    ]


def drop_statements(vendor: str, table: str) -> list[str]:
    """SQL that takes the triggers away again."""
    if vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS "{table}_{name}" ON "{table}"' for name in ("rows", "truncate")]
    return [f'DROP TRIGGER IF EXISTS "{table}_{name}"' for name in ("update", "delete", "replace")]


class AppendOnly(TriggerOperation):
    """Migration operation: make tables append-only. Later table rebuilds on SQLite must name their table again."""

    def __init__(self, *tables: str) -> None:
        self.tables = tables

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Name, positional and keyword arguments, for the migration writer."""
        return (self.__class__.__qualname__, list(self.tables), {})

    def creating(self, vendor: str) -> list[str]:
        """The triggers of every table."""
        return [statement for table in self.tables for statement in create_statements(vendor, table)]

    def dropping(self, vendor: str) -> list[str]:
        """The same."""
        return [statement for table in self.tables for statement in drop_statements(vendor, table)]

    def describe(self) -> str:
        """What `migrate --plan` shows."""
        return f"Make append-only: {', '.join(self.tables)}"


def guarded_tables(using: BaseDatabaseWrapper | None = None) -> set[str]:
    """The tables that have their triggers now, as we make them: one that was changed or never fires is none."""
    database = using or connection
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(GUARDED, [BODY])
            return {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = set(cursor.fetchall())
    return {table for table, _sql in found if _triggers(table) <= {sql for other, sql in found if other == table}}


def _triggers(table: str) -> set[str]:
    """What SQLite stores of a table's triggers: the statements that made them."""
    return {sql for sql in create_statements("sqlite", table) if sql.startswith("CREATE")}


def expected_tables() -> set[str]:
    """The tables that must be append-only: every history table, and every model that says `append_only = True`.

    With such a model go the tables of its many-to-many links: what a row cites is part of it.
    """
    from django.apps import apps  # noqa: PLC0415 - the registry is ready only when this is called

    models = [model for model in apps.get_models() if hasattr(model, "history_id") or _only_grows(model)]
    links = [link.m2m_db_table() for model in models for link in model._meta.local_many_to_many]  # noqa: SLF001 - Django's public name
    return {model._meta.db_table for model in models} | set(links)  # noqa: SLF001 - ditto


def _only_grows(model: type[Model]) -> bool:
    return bool(getattr(model, "append_only", False))
