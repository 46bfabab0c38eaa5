"""What a reviewer sees of an automatic certificate, and how they hold it."""

from dataclasses import replace

import pytest
from django.urls import reverse

from governance.roles import Role
from plugins.models import Plugin
from tests.factories import UserFactory
from tests.plugins import cases
from tests.support.certified import after, certified, under_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def changed(policy, client):
    """The open review of a version whose author's name is new and hostile, and its reviewer signed in."""
    author = "<script>alert(1)</script>"
    package = cases.package(metadata=replace(cases.package().metadata, author=author))
    review = after(certified(policy), policy, package=package)
    client.force_login(UserFactory(role=Role.REVIEWER))
    return review


def address(name, review):
    return reverse(f"admin:certification_review_{name}", args=[review.pk])


def test_the_page_names_each_condition_and_the_changes_escaped(client, changed):
    page = client.get(address("change", changed)).text.replace("<wbr>", "")

    assert "1 of the conditions of an automatic certificate is not met" in page
    assert "The author is the same" in page
    assert "1 relevant change." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page
    before = changed.version.plugin.certified_run.version
    assert reverse("admin:plugins_pluginversion_change", args=[before.pk]) in page


def test_the_owner_reads_the_changes_too(client, changed):
    member = UserFactory()
    team = changed.version.plugin.team
    team.members.add(member)
    member.groups.add(team.group)
    client.force_login(member)

    page = client.get(changed.version.get_absolute_url()).text

    assert "The author was “Acme” and is “&lt;script&gt;alert(1)&lt;/script&gt;”" in page


def test_a_first_version_says_so(client, policy):
    review = under_review(policy, answered=False)
    client.force_login(UserFactory(role=Role.REVIEWER))

    page = client.get(address("change", review)).text

    assert "First version: there is nothing certified to compare it with." in page
    assert 'id="automatic"' not in page


def test_a_reviewer_holds_and_releases(client, changed):
    client.post(address("hold", changed), {"reason": "Watch this one."})
    assert Plugin.objects.get(pk=changed.version.plugin_id).automation_held == "Watch this one."
    assert "Hold automatic certificates no longer" in client.get(address("change", changed)).text

    client.post(address("hold", changed))
    assert Plugin.objects.get(pk=changed.version.plugin_id).automation_held == ""


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.MANAGER])
def test_who_does_not_review_does_not_hold(client, changed, role):
    client.force_login(UserFactory(role=role))

    response = client.post(address("hold", changed), {"reason": "Mine."})

    assert response.status_code == 403
    assert Plugin.objects.get(pk=changed.version.plugin_id).automation_held == ""


def test_nobody_releases_their_own_teams_plugin(client, changed):
    plugin = Plugin.objects.get(pk=changed.version.plugin_id)
    plugin.automation_held = "Watch."
    plugin.save(update_fields=["automation_held"])
    own = UserFactory(role=Role.REVIEWER)
    plugin.team.members.add(own)
    client.force_login(own)

    client.post(address("hold", changed))

    assert Plugin.objects.get(pk=plugin.pk).automation_held == "Watch."
