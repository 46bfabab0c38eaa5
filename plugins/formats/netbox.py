"""NetBox: a Python package whose module-level `config` names a subclass of `PluginConfig`.

Source: NetBox's documentation, "Plugin development: getting started" (`extras.plugins` until NetBox 3).
"""

from __future__ import annotations

import re

from plugins.formats.plugin_config import config_format

NAME = "netbox-plugin"

FORMAT = config_format(
    name=NAME,
    label="NetBox plugin",
    platform="NetBox",
    class_name="PluginConfig",
    base=re.compile(r"(?:netbox\.(?:.+\.)?|extras\.plugins\.|)PluginConfig"),
)
