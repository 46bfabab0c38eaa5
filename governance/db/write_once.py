# ruff: noqa: S608 - table names come from our own models
"""Write-once columns: in rows that have states, what was found, signed or promised stays, and so does the row.

For tables of which no row ever changes there is `append_only`. A column may be filled later where it was null; a value
that is there is never changed. Whoever owns the database can drop triggers: docs/threat-model.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import connection

from governance.db.triggers import BODY, CREATE_FUNCTION, FUNCTION, TriggerOperation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

DEFINITIONS = f"""
SELECT c.relname, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = '{FUNCTION}' AND p.prosrc = %s AND pg_table_is_visible(c.oid) AND t.tgenabled IN ('O', 'A')
"""
EVENTS = {"once": "BEFORE UPDATE ON", "kept": "BEFORE DELETE ON", "emptied": "BEFORE TRUNCATE ON"}
"""Our triggers on PostgreSQL by their names' ends."""


def create_statements(vendor: str, table: str, columns: Sequence[str]) -> list[str]:
    """SQL that makes columns of a table write-once; safe to run again."""
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    changed = " OR ".join(f'(OLD."{name}" IS NOT NULL AND OLD."{name}" {differs} NEW."{name}")' for name in columns)
    if vendor == "postgresql":
        each = {"once": f"FOR EACH ROW WHEN ({changed})", "kept": "FOR EACH ROW", "emptied": "FOR EACH STATEMENT"}
        return [
            CREATE_FUNCTION,
            *drop_statements(vendor, table),
            *(
                f'CREATE TRIGGER "{table}_{name}" {event} "{table}" {each[name]} EXECUTE FUNCTION {FUNCTION}()'
                for name, event in EVENTS.items()
            ),
        ]
    refusal = f"BEGIN SELECT RAISE(ABORT, 'write-once: change of {table} is refused'); END"
    return [
        *drop_statements(vendor, table),
        f'CREATE TRIGGER "{table}_once" BEFORE UPDATE ON "{table}" WHEN {changed} {refusal}',
        f'CREATE TRIGGER "{table}_kept" BEFORE DELETE ON "{table}" {refusal}',
        f'CREATE TRIGGER "{table}_replaced" BEFORE INSERT ON "{table}"'
        f' WHEN EXISTS (SELECT 1 FROM "{table}" WHERE "id" = NEW."id") {refusal}',
    ]


def drop_statements(vendor: str, table: str) -> list[str]:
    """SQL that takes the triggers away again."""
    if vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS "{table}_{name}" ON "{table}"' for name in EVENTS]
    return [f'DROP TRIGGER IF EXISTS "{table}_{name}"' for name in ("once", "kept", "replaced")]


class WriteOnce(TriggerOperation):
    """Migration operation: make columns write-once. Later rebuilds of the table on SQLite must name it again."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table, self.columns = table, list(columns)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Name, positional and keyword arguments, for the migration writer."""
        return (self.__class__.__qualname__, [self.table, self.columns], {})

    def creating(self, vendor: str) -> list[str]:
        """The triggers of the table."""
        return create_statements(vendor, self.table, self.columns)

    def dropping(self, vendor: str) -> list[str]:
        """The same."""
        return drop_statements(vendor, self.table)

    def describe(self) -> str:
        """What `migrate --plan` shows."""
        return f"Make write-once: {self.table} ({', '.join(self.columns)})"


def expected_columns() -> dict[str, tuple[str, ...]]:
    """The write-once columns by table: what models say in `write_once`."""
    from django.apps import apps  # noqa: PLC0415 - the registry is ready only when this is called

    return {
        model._meta.db_table: model.write_once  # noqa: SLF001 - Django's public name
        for model in apps.get_models()
        if hasattr(model, "write_once")
    }


def unguarded_tables(using: BaseDatabaseWrapper | None = None) -> set[str]:
    """Tables whose write-once columns can be changed now, or that can lose rows."""
    database = using or connection
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(DEFINITIONS, [BODY])
            found = set(cursor.fetchall())
            return {table for table, columns in expected_columns().items() if not _fires(table, columns, found)}
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
        there = {row[0] for row in cursor.fetchall()}
    return {
        table
        for table, columns in expected_columns().items()
        if not {sql for sql in create_statements("sqlite", table, columns) if sql.startswith("CREATE")} <= there
    }


def _fires(table: str, columns: Sequence[str], found: set[tuple[str, str]]) -> bool:
    """Whether all our triggers are there; PostgreSQL adds casts, so each column is looked for by itself."""
    definitions = [definition for other, definition in found if other == table]
    update = next((text for text in definitions if EVENTS["once"] in text), "")
    return all(any(event in text for text in definitions) for event in EVENTS.values()) and all(
        re.search(rf'\bold\."?{name}"?[):a-z]* IS DISTINCT FROM', update) for name in columns
    )
