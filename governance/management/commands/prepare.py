"""`manage.py prepare`: database, policy, caches, keys, schedules and, in demo mode, the demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from governance import preparation
from governance.accounts import first_users
from governance.services import load_baseline


class Command(BaseCommand):
    """Safe to run again; quick when there is nothing to do."""

    help = "Put in place what the portal needs before it serves."
    requires_system_checks: list[str] = []  # the database may not be migrated yet

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Migrate, publish the baseline, then take every app's steps."""
        _keep_private()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Migrating the database …")
            call_command("migrate", verbosity=0, interactive=False)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        load_baseline()
        first_users()
        for step in preparation.steps():
            try:
                step.take(self._say)
            except preparation.NotPrepared as problem:
                raise CommandError(f"{step.title}: {problem}") from problem

    def _say(self, line: str) -> None:
        """Print a line now: into a pipe or a log file too, in order with the progress bars on standard error."""
        self.stdout.write(line)
        self.stdout.flush()


def _keep_private() -> None:
    """Make a new SQLite file ours alone: it holds sessions, password hashes and packages nobody else may read.

    SQLite gives its journals the mode of the database.
    """
    path = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and path.is_absolute():  # else it is one in memory
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
