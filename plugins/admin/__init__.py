"""Plugins, versions and their evidence in the admin."""

from plugins.admin import (
    advisories,
    detection,
    evidence,
    exploitation,
    file_decisions,
    hunts,
    issues,
    plugins,
    runs,
    teams,
    versions,
    waivers,
)

__all__ = [
    "advisories",
    "detection",
    "evidence",
    "exploitation",
    "file_decisions",
    "hunts",
    "issues",
    "plugins",
    "runs",
    "teams",
    "versions",
    "waivers",
]
