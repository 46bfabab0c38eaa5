# ruff: noqa: ARG002 - Django fixes the arguments of operations
"""Triggers that refuse change: what the migration operations for whole tables and for columns have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from django.db.migrations.operations.base import Operation

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

FUNCTION = "plugwarden_append_only"
BODY = " BEGIN RAISE EXCEPTION 'append-only: % of % is refused', TG_OP, TG_TABLE_NAME; END "
CREATE_FUNCTION = f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$"
"""What every trigger of ours calls on PostgreSQL; on SQLite each says it itself."""


class TriggerOperation(Operation):
    """A migration operation that creates triggers, and drops them on the way back."""

    reversible = True
    reduces_to_sql = True

    @abstractmethod
    def creating(self, vendor: str) -> list[str]:
        """SQL that makes the triggers; safe to run again."""

    @abstractmethod
    def dropping(self, vendor: str) -> list[str]:
        """SQL that takes them away."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are no part of the model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create the triggers."""
        for statement in self.creating(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop the triggers."""
        for statement in self.dropping(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)
