"""Owner teams and the rights their groups hold on plugins."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import assign_perm

from governance import ledger
from governance.roles import STAFF, Role
from plugins.models import OwnerTeam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.models import User
    from plugins.models import Plugin

NAME_LENGTH = 100
"""Characters of a user name that a personal team's name takes over."""
OBJECT_PERMISSIONS = ("plugins.view_plugin", "plugins.submit_version")


@transaction.atomic
def create_team(*, name: str, members: Iterable[User], contact: str = "", actor: User | None = None) -> OwnerTeam:
    """Create an owner team with its group; every member gets the owner role."""
    team = OwnerTeam.objects.create(name=name, contact=contact, group=Group.objects.create(name=f"team: {name}"))
    ledger.record(verb="team.created", subject=team, actor=actor)
    for member in members:
        add_member(team=team, member=member, actor=actor)
    return team


@transaction.atomic
def add_member(*, team: OwnerTeam, member: User, actor: User | None = None) -> None:
    """Let a user act for a team."""
    team.members.add(member)
    member.groups.add(team.group, Group.objects.get_or_create(name=Role.OWNER.value)[0])
    ledger.record(verb="team.member-added", subject=team, actor=actor, details={"user": member.pk})


@transaction.atomic
def remove_member(*, team: OwnerTeam, member: User, actor: User | None = None) -> None:
    """Take a user out of a team."""
    team.members.remove(member)
    member.groups.remove(team.group)
    ledger.record(verb="team.member-removed", subject=team, actor=actor, details={"user": member.pk})


def may_submit(user: User) -> bool:
    """Whether somebody may hand packages in: members of a team, and lone authors without another part to play.

    A platform is no author, and an auditor audits what others answer for, even as a member of a team.
    """
    roles = set(user.groups.values_list("name", flat=True))
    if roles & {Role.PLATFORM, Role.AUDITOR}:
        return False
    return OwnerTeam.objects.of(user).exists() or not (user.is_staff or roles & STAFF)


@transaction.atomic
def team_for(user: User) -> OwnerTeam:
    """The team a user submits for: their first, or a personal one made now for the lone author."""
    team = OwnerTeam.objects.of(user).order_by("pk").first()
    return team or create_team(name=_free_name(user.username), members=[user], contact=user.email, actor=user)


def _free_name(wanted: str) -> str:
    """The wanted team name, or that with a number where another team has it."""
    numbered = (wanted[:NAME_LENGTH] if n == 1 else f"{wanted[:NAME_LENGTH]} {n}" for n in count(1))
    return next(name for name in numbered if not OwnerTeam.objects.filter(name=name).exists())


def grant(*, plugin: Plugin) -> None:
    """Give the owner team's group its rights on a plugin."""
    for permission in OBJECT_PERMISSIONS:
        assign_perm(permission, plugin.team.group, plugin)
