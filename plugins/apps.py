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
        from plugins import panels, preparation  # noqa: PLC0415 - models are ready only now

        preparation.register_steps()
        panels.register_panels()
