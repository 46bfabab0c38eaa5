"""`manage.py revalidate --due`: start what has to be re-earned now, or show it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import revalidation
from certification.revalidation import Broken
from plugins.exports.text import plain

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from certification.enums import RevalidationTrigger
    from certification.models import Certificate

SCHEMA = "plugwarden.revalidations/v1"
BROKEN = 1
"""Exit code where at least one certificate could not be revalidated; the others were."""


class Command(BaseCommand):
    """What the daily schedule does, by hand. Exit 1 where a certificate could not be looked at or started."""

    help = "Revalidate the certificates that are due by their tier or hit by an advisory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--due", action="store_true", required=True, help="all that are due now")
        parser.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Plan or start, and say what."""
        today, broken = timezone.now().date(), list[Broken]()
        if options["dry_run"]:
            rows = [_row(due.certificate, due.trigger, due.reason) for due in revalidation.plan(today, broken=broken)]
        else:
            rows = [
                _row(started.certificate, started.trigger, started.reason, state=started.state, run=started.run_id)
                for started in revalidation.revalidate_due(today=today, broken=broken)
            ]
        if options["json"]:
            faults = [{"serial": fault.certificate.serial, "reason": fault.reason} for fault in broken]
            document = {"schema": SCHEMA, "dry_run": options["dry_run"], "revalidations": rows, "broken": faults}
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self._tell(rows, broken)
        if broken:
            sys.exit(BROKEN)

    def _tell(self, rows: list[dict[str, Any]], broken: list[Broken]) -> None:
        for row in rows:
            state = f" [{row['state']}]" if "state" in row else ""
            self.stdout.write(f"{row['serial']}  {row['plugin']} {row['version']}: {row['reason']}{state}")
        for fault in broken:
            text = _("%(serial)s could not be revalidated: %(reason)s") % {
                "serial": fault.certificate.serial,
                "reason": fault.reason,
            }
            self.stderr.write(self.style.ERROR(plain(text)))
        if not rows and not broken:
            self.stdout.write(_("Nothing is due."))


def _row(certificate: Certificate, trigger: RevalidationTrigger | str, reason: str, **more: Any) -> dict[str, Any]:
    version = certificate.version
    return {
        "serial": certificate.serial,
        "plugin": version.plugin.name,
        "version": version.version,
        "trigger": str(trigger),
        "reason": reason,
    } | more
