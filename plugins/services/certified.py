"""The last certified version of a plugin, as `plugins` knows it: what the next version is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from governance import ledger
from plugins.changes import picture_from
from plugins.models import VettingRun

if TYPE_CHECKING:
    from governance.models import User
    from plugins.changes import Picture
    from plugins.models import Plugin


@transaction.atomic
def set_certified(*, plugin: Plugin, run: VettingRun, actor: User | None = None) -> None:
    """Note the run on which a certificate rests; a column owned here and written by whoever certifies above."""
    if plugin.certified_run_id == run.pk:
        return
    plugin.certified_run = run
    plugin.save(update_fields=["certified_run"])
    ledger.record(
        verb="plugin.certified-run-set",
        subject=plugin,
        actor=actor,
        details={"run": run.pk, "version": run.version.version, "report_sha256": run.report_sha256},
    )


def last_certified(plugin_id: int) -> Picture | None:
    """The version to compare with; None where none was certified.

    Raises:
        ValueError: its report cannot be read any more.
    """
    run = VettingRun.objects.filter(certifies__pk=plugin_id, report__isnull=False).first()
    if run is None:
        return None
    try:
        return picture_from(run.report)
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ValueError(f"The report of the last certified version (run {run.pk}) cannot be read.") from problem


@transaction.atomic
def hold_automation(*, plugin: Plugin, actor: User, reason: str) -> None:
    """Let a human decide about every version of a plugin from now on; an empty reason ends it."""
    text = reason.strip()
    if plugin.automation_held == text:
        return
    plugin.automation_held = text
    plugin.save(update_fields=["automation_held"])
    verb = "plugin.automation-held" if text else "plugin.automation-released"
    ledger.record(verb=verb, subject=plugin, actor=actor, details={"reason": text})
