"""Nautobot: a Python package whose module-level `config` names a subclass of `NautobotAppConfig`.

Source: Nautobot's documentation, "App development" (`nautobot.extras.plugins` before version 2).
"""

from __future__ import annotations

import re

from plugins.formats.plugin_config import config_format

NAME = "nautobot-app"

FORMAT = config_format(
    name=NAME,
    label="Nautobot app",
    platform="Nautobot",
    class_name="NautobotAppConfig",
    base=re.compile(r"nautobot\.(?:.+\.)?(?:NautobotAppConfig|PluginConfig)|NautobotAppConfig"),
)
