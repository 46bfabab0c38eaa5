"""Whose plugin it is: nobody decides about their own, by whatever way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from governance.models import LedgerEntry

if TYPE_CHECKING:
    from governance.models import User
    from plugins.models import Plugin, PluginVersion


def owner_of(user: User, plugin: Plugin) -> bool:
    """Whether somebody acts for the team that owns a plugin."""
    return plugin.team.members.filter(pk=user.pk).exists()


def own_interest(user: User, version: PluginVersion) -> str | None:
    """Why a version is the user's own, in a sentence; None where it is not."""
    if version.plugin.team.members.filter(pk=user.pk).exists():
        return _("You are a member of the team that owns this plugin: nobody reviews their own.")
    if version.submissions.filter(submitted_by=user).exists():
        return _("You submitted this version: nobody reviews their own.")
    if _left_since(user, version):
        return _("You left the team that owns this plugin after this was submitted: nobody reviews their own.")
    return None


def _left_since(user: User, version: PluginVersion) -> bool:
    """Whether the user left the team after the version came in: leaving makes nobody neutral about it."""
    left = LedgerEntry.objects.about(version.plugin.team).filter(verb="team.member-removed", at__gte=version.created_at)
    return left.filter(details__user=user.pk).exists()
