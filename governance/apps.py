"""The governance app."""

from __future__ import annotations

import sys

from django.apps import AppConfig, apps
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from simple_history.signals import post_create_historical_record

WITHOUT_ADMIN = frozenset({"vet"})
"""Commands whose start-up time matters and that show no page: half a second of theirs was the admin's."""


class AdminConfig(SimpleAdminConfig):
    """Django's admin, whose pages are looked for by all but the quick commands."""

    default = False

    def ready(self) -> None:
        """Look for the admin modules of all apps, as Django's own configuration does."""
        super().ready()
        if self.module and not WITHOUT_ADMIN.intersection(sys.argv[1:2]):
            self.module.autodiscover()


class GovernanceConfig(AppConfig):
    """The kernel."""

    name = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        """Register the system checks, and keep roles in step after migrations."""
        from governance import checks, lineage, permission_events, receivers  # noqa: F401, PLC0415 - models are ready only now
        from governance.ledger import preparation  # noqa: PLC0415 - ditto
        from governance.models import User  # noqa: PLC0415 - ditto
        from governance.models.tracked import history_rows_created  # noqa: PLC0415 - ditto

        lineage.name_references({"from": User, "owner": User, "user": User})
        last = list(apps.get_app_configs())[-1]  # only after it do the permissions of every model exist
        post_migrate.connect(receivers.sync_roles_after_migrate, sender=last, dispatch_uid="governance.sync_roles")
        post_create_historical_record.connect(receivers.log_history_row, dispatch_uid="governance.log_history_row")
        history_rows_created.connect(receivers.log_history_rows, dispatch_uid="governance.log_history_rows")
        permission_events.connect()
        preparation.register_steps()
