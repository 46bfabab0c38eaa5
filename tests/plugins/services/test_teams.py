import pytest
from django.db import IntegrityError, transaction
from guardian.shortcuts import get_perms

from governance.models import LedgerEntry, User
from governance.roles import Role
from plugins.enums import Standing
from plugins.models import Plugin, PluginVersion
from plugins.services import add_member, create_team, remove_member, set_standing, team_for
from plugins.services.downloads import DownloadRefused, open_artifact
from plugins.services.teams import grant
from tests.factories import ArtifactFactory, PluginFactory, PluginVersionFactory, UserFactory

pytestmark = pytest.mark.django_db


def reread(user):
    return User.objects.get(pk=user.pk)  # permissions are cached on the object


@pytest.fixture
def teams():
    """Two teams with a member and a plugin each."""
    made = []
    for name in ("red", "blue"):
        team = create_team(name=name, members=[UserFactory(username=name)])
        plugin = PluginFactory(name=f"{name}-plugin", team=team, permissions=False)
        grant(plugin=plugin)
        PluginVersionFactory(plugin=plugin)
        made.append(plugin)
    return made


def test_a_member_sees_and_submits_to_what_the_team_owns_and_nothing_else(teams):
    red, blue = teams
    member = reread(red.team.members.get())

    assert list(Plugin.objects.visible_to(member)) == [red]
    assert list(PluginVersion.objects.visible_to(member)) == [red.versions.get()]
    assert member.has_perm("plugins.submit_version", red)
    assert not member.has_perm("plugins.submit_version", blue)
    assert not member.has_perm("plugins.view_plugin", blue)
    assert get_perms(member, blue) == []


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD_REVIEWER, Role.POLICY_MANAGER, Role.AUDITOR, Role.MANAGER])
def test_staff_see_all_plugins_and_submit_to_none(teams, role):
    user = UserFactory(role=role)

    assert set(Plugin.objects.visible_to(user)) == set(teams)
    assert PluginVersion.objects.visible_to(user).count() == 2
    assert not any(user.has_perm("plugins.submit_version", plugin) for plugin in teams)


@pytest.mark.parametrize("role", [None, Role.OWNER, Role.PLATFORM])
def test_who_is_in_no_team_sees_nothing(teams, role):
    user = UserFactory(role=role)

    assert not Plugin.objects.visible_to(user).exists()
    assert not PluginVersion.objects.visible_to(user).exists()


def test_who_leaves_a_team_sees_nothing_of_it_any_more(teams):
    red, _blue = teams
    member = red.team.members.get()

    remove_member(team=red.team, member=member)

    assert not Plugin.objects.visible_to(reread(member)).exists()
    assert list(LedgerEntry.objects.values_list("verb", flat=True))[-1] == "team.member-removed"


def test_who_joins_a_team_becomes_an_owner(teams):
    red, _blue = teams
    user = UserFactory()

    add_member(team=red.team, member=user, actor=red.team.members.first())

    assert list(Plugin.objects.visible_to(reread(user))) == [red]
    assert Role.OWNER.value in user.groups.values_list("name", flat=True)


def test_the_first_team_is_the_one_submitted_for(teams):
    red, blue = teams
    member = red.team.members.get()
    add_member(team=blue.team, member=member)

    assert team_for(member) == red.team


def test_two_teams_of_one_name_are_refused():
    create_team(name="red", members=[])

    with pytest.raises(IntegrityError), transaction.atomic():
        create_team(name="red", members=[])


def test_a_download_is_for_those_who_may_see_it_and_in_the_ledger(teams):
    content = b"the plugin as it was submitted"
    version = PluginVersionFactory(plugin=teams[0], artifact=ArtifactFactory.stored(content))

    with open_artifact(version=version, actor=reread(teams[0].team.members.get())) as file:
        assert file.read() == content
    with pytest.raises(DownloadRefused):
        open_artifact(version=version, actor=reread(teams[1].team.members.get()))

    assert LedgerEntry.objects.filter(verb="artifact.downloaded").count() == 1


def test_standing_changes_are_noted_and_repeats_are_not():
    plugin = PluginFactory()
    actor = UserFactory()

    for _time in range(2):
        set_standing(plugin=plugin, standing=Standing.SUSPENDED, actor=actor, reason="PW-1")

    entry = LedgerEntry.objects.get(verb="plugin.standing-changed")
    assert entry.details == {"from": "unvetted", "to": "suspended", "reason": "PW-1"}
    plugin.refresh_from_db()
    assert (plugin.standing, plugin.history.count()) == (Standing.SUSPENDED, 2)
