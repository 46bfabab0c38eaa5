"""What the platform may think of a plugin as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from governance import ledger

if TYPE_CHECKING:
    from governance.models import User
    from plugins.enums import Standing
    from plugins.models import Plugin


@transaction.atomic
def set_standing(*, plugin: Plugin, standing: Standing, actor: User | None = None, reason: str = "") -> None:
    """Set a plugin's standing; a column owned here and written by whoever decides above."""
    if plugin.standing == standing:
        return
    before, plugin.standing = plugin.standing, standing
    plugin.save(update_fields=["standing"])
    ledger.record(
        verb="plugin.standing-changed",
        subject=plugin,
        actor=actor,
        details={"from": before, "to": standing, "reason": reason},
    )
