"""Plugins, versions and their evidence in the admin."""

from plugins.admin import advisories, evidence, plugins, runs, teams, versions

__all__ = ["advisories", "evidence", "plugins", "runs", "teams", "versions"]
