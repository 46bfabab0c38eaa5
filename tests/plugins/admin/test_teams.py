import pytest
from django.urls import reverse

from governance.models import LedgerEntry
from governance.roles import Role
from plugins.models import OwnerTeam
from tests.factories import OwnerTeamFactory, PluginFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_new_team_gets_its_group_and_its_members(client):
    member = UserFactory()
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    client.post(
        reverse("admin:plugins_ownerteam_add"), {"name": "Acme", "contact": "a@acme.example", "members": [member.pk]}
    )

    team = OwnerTeam.objects.get()
    assert (team.name, list(team.members.all()), list(team.group.user_set.all())) == ("Acme", [member], [member])


def test_members_who_leave_lose_their_rights_on_its_plugins(client):
    stays, leaves, joins = UserFactory.create_batch(3)
    team = OwnerTeamFactory(members=[stays, leaves])
    plugin = PluginFactory(team=team)
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))

    client.post(
        reverse("admin:plugins_ownerteam_change", args=[team.pk]),
        {"name": team.name, "contact": team.contact, "members": [stays.pk, joins.pk]},
    )

    rights = [
        type(user).objects.get(pk=user.pk).has_perm("plugins.view_plugin", plugin) for user in (stays, leaves, joins)
    ]
    assert rights == [True, False, True]
    verbs = LedgerEntry.objects.filter(verb__startswith="team.").order_by("verb").values_list("verb", "details__user")
    assert list(verbs) == [("team.member-added", joins.pk), ("team.member-removed", leaves.pk)]
