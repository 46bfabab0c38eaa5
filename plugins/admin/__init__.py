"""Plugins, versions and their evidence in the admin."""

from plugins.admin import advisories, detection, evidence, exploitation, hunts, plugins, runs, teams, versions

__all__ = ["advisories", "detection", "evidence", "exploitation", "hunts", "plugins", "runs", "teams", "versions"]
