"""Whoever gets or loses rights is told of in the ledger, whoever asks for it and however."""

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm, remove_perm

from governance.models import LedgerEntry, User
from governance.roles import Role, permissions_named, sync_roles
from tests.factories import PluginFactory, UserFactory

pytestmark = pytest.mark.django_db


def told(subject):
    return list(LedgerEntry.objects.about(subject).values_list("verb", "details"))


def test_groups_are_told_by_name_from_either_side():
    user, group = UserFactory(), Group.objects.create(name="team: Weather")

    user.groups.add(group)
    user.groups.add(group)
    group.user_set.remove(user)
    user.groups.set([group])
    user.groups.clear()

    added, removed = {"added": ["team: Weather"]}, {"removed": ["team: Weather"]}
    assert told(user) == [("user.groups-changed", each) for each in (added, removed, added, removed)]


def test_who_loses_a_role_because_it_is_deleted_is_told():
    user, group = UserFactory(), Group.objects.create(name="team: Weather")
    user.groups.add(group)

    group.delete()

    assert told(user)[-1] == ("user.groups-changed", {"removed": ["team: Weather"]})
    assert LedgerEntry.objects.get(verb="role.deleted").details == {"members": 1}


def test_a_role_that_gets_another_name_is_told():
    group = Group.objects.create(name="team: Weather")
    group.save()

    group.name = "team: Climate"
    group.save()

    assert told(group) == [("role.renamed", {"before": "team: Weather", "after": "team: Climate"})]


def test_permissions_of_users_and_roles_are_told():
    user, group = UserFactory(), Group.objects.create(name="a role")
    permissions = permissions_named({"plugins.view_plugin", "plugins.submit_version"})

    user.user_permissions.add(*permissions)
    group.permissions.set(permissions)

    assert told(user) == [("user.permissions-changed", {"added": ["submit_version", "view_plugin"]})]
    assert told(group) == [("role.permissions-changed", {"added": ["submit_version", "view_plugin"]})]


def test_rights_on_one_object_are_told():
    user, plugin = UserFactory(), PluginFactory()
    what = {"permission": "view_plugin", "object": "plugins.plugin", "object_id": str(plugin.pk)}

    assign_perm("plugins.view_plugin", user, plugin)
    assign_perm("plugins.view_plugin", user, plugin)
    remove_perm("plugins.view_plugin", user, plugin)

    assert told(user) == [("permission.granted", what), ("permission.withdrawn", what)]


def test_who_did_it_on_a_page_is_named(client):
    boss = UserFactory(is_superuser=True, is_staff=True)
    user, group = UserFactory(), Group.objects.get(name=Role.REVIEWER.value)
    client.force_login(boss)
    page = f"/admin/governance/user/{user.pk}/change/"

    client.post(page, {"username": user.username, "groups": [group.pk], "is_active": "on"})

    entry = LedgerEntry.objects.get(verb="user.groups-changed")
    assert (entry.actor_id, entry.subject_id, entry.details) == (boss.pk, str(user.pk), {"added": ["reviewer"]})


def test_roles_in_step_with_the_release_are_no_news_and_changed_ones_are():
    sync_roles()
    assert not LedgerEntry.objects.exists()

    Group.objects.get(name=Role.PLATFORM.value).permissions.clear()
    sync_roles()

    assert [entry.details for entry in LedgerEntry.objects.all()] == [
        {"removed": ["view_certificate"]},
        {"added": ["view_certificate"]},
    ]
    assert User.objects.count() == 0
