"""NetBox: a Python package whose module-level `config` names a subclass of `PluginConfig`.

Source: NetBox's documentation, "Plugin development: getting started" (`extras.plugins` until NetBox 3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.documents import PackageRefused
from plugins.formats import django_app, plugin_config
from plugins.formats.python_kinds import as_python, config_class, read_as
from plugins.formats.tree import Detection, Format, Tree

if TYPE_CHECKING:
    from plugins.package import Package

NAME = "netbox-plugin"
_BASE = re.compile(r"(?:netbox\.(?:.+\.)?|extras\.plugins\.|)PluginConfig")
"""Dotted names of the platform's class; without its module where an import of everything hides that."""


def detect(tree: Tree) -> Detection | None:
    """The configuration class in a Python package."""
    if not any("config" in path or path.endswith("__init__.py") for path in tree.by_path):
        return None
    found = config_class(tree, _BASE)
    return as_python(tree, found.path) if found else None


def read(tree: Tree, filename: str) -> Package:
    """Read the package; raises PackageRefused."""
    found = config_class(tree, _BASE)
    if found is None:  # detect has seen it
        raise PackageRefused("manifest-missing", "The package has no configuration class.")
    return read_as(
        NAME,
        tree,
        filename,
        derived=plugin_config.derived(found, "NetBox"),
        judge=lambda package: plugin_config.problems(found, package),
        entries=plugin_config.entries(tree, found),
    )


FORMAT = Format(
    name=NAME,
    label="NetBox plugin",
    recognised_by="a Python package whose `config` names a subclass of `PluginConfig`",
    derives="settings that read like secrets, queues, middleware; always database access",
    detect=detect,
    read=read,
    refines=django_app.FORMAT,
)
