"""System checks: each wrong setting has an id and a hint."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from governance.db.append_only import expected_tables, guarded_tables
from governance.db.write_once import unguarded_tables
from governance.ledger import outside

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@register(Tags.security)
def secret_key_is_given(**_kwargs: Any) -> list[CheckMessage]:
    """Outside development there is no default secret."""
    with suppress(ImproperlyConfigured):  # Django itself raises where it is empty, without a hint
        if settings.SECRET_KEY:
            return []
    hint = "Set it in the environment or in .env. Beside `make run`, set PLUGWARDEN_ENV=demo (DEMO=0: development)."
    return [Error("SECRET_KEY is not set.", hint=hint, id="governance.E001")]


@register()
def environment_is_known(**_kwargs: Any) -> list[CheckMessage]:
    """A misspelt environment would silently be production, or worse, not."""
    if settings.ENVIRONMENT in {"production", "development", "demo", "test"}:
        return []
    return [
        Error(
            f"PLUGWARDEN_ENV is {settings.ENVIRONMENT!r}.",
            hint="Use production, development, demo or test.",
            id="governance.E002",
        )
    ]


@register()
def queue_retries_after_timeout(**_kwargs: Any) -> list[CheckMessage]:
    """A task retried before its timeout would run twice at once."""
    if settings.Q_CLUSTER["retry"] > settings.Q_CLUSTER["timeout"]:
        return []
    hint = "Raise `retry` above TASK_TIMEOUT in governance/settings.py."
    return [Error("Q_CLUSTER retry must exceed its timeout.", hint=hint, id="governance.E003")]


def migrations_wait(connection: BaseDatabaseWrapper) -> bool:
    """Whether a migration that the code has was not applied to this database."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@register(Tags.database)
def tables_are_append_only(*, databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """What must not change has its triggers; a table rebuilt by a migration may have lost them.

    Nothing is said while migrations wait: what the code expects is not there yet, and `migrate` itself asks first.
    """
    if not databases or "default" not in databases:
        return []
    connection = connections["default"]
    try:
        if migrations_wait(connection):
            return []
        present = set(connection.introspection.table_names())
        missing = ((expected_tables() - guarded_tables(connection)) | unguarded_tables(connection)) & present
    except DatabaseError:
        return []
    return [
        Error(
            f"{table} can be changed: its append-only or write-once triggers are missing.",
            hint="Ask who dropped them and what changed since; docs/threat-model.md says how to restore them.",
            id="governance.E004",
        )
        for table in sorted(missing)
    ]


@register(Tags.database)
def ledger_may_be_signed(*, databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """An alarm of the ledger is told at every start, until the tree fits what was signed again."""
    found = outside.alarm() if databases and "default" in databases else ""
    hint = "Run `manage.py ledger verify`; docs/ledger.md says what to do after a backup was restored."
    return [Error(f"The ledger is not signed any more: {found}", hint=hint, id="governance.E005")] if found else []


@register(Tags.security, deploy=True)
def demo_is_not_deployed(**_kwargs: Any) -> list[CheckMessage]:
    """The demo's keys and data are worth nothing outside."""
    if not settings.DEVELOPMENT:
        return []
    return [
        Warning("This is not a production environment.", hint="Set PLUGWARDEN_ENV=production.", id="governance.W001")
    ]
