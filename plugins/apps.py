"""The plugins app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PluginsConfig(AppConfig):
    """Plugins and their vetting."""

    name = "plugins"
    verbose_name = _("Plugins")

    def ready(self) -> None:
        """Register what has to be prepared, and this app's panels on the dashboard."""
        from governance import lineage  # noqa: PLC0415 - models are ready only now
        from plugins import panels, preparation, system_checks  # noqa: F401, PLC0415 - ditto
        from plugins.models import OwnerTeam, VettingRun  # noqa: PLC0415 - ditto

        preparation.register_steps()
        panels.register_panels()
        lineage.name_references({"run": VettingRun, "team": OwnerTeam})
