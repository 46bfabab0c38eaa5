"""`manage.py prepare`: database, policy, caches, keys, schedules and, in demo mode, the demo."""

from __future__ import annotations

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
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Migrating the database …")
            call_command("migrate", verbosity=0, interactive=False)
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        load_baseline()
        first_users()
        for step in preparation.steps():
            try:
                step.take(self.stdout.write)
            except preparation.NotPrepared as problem:
                raise CommandError(f"{step.title}: {problem}") from problem
