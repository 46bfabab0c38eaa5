import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from django.urls import reverse

from plugins.services.sboms import CONTENT_TYPE, NoBill, sbom_of
from tests.factories import PluginVersionFactory, UserFactory, VettingRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return VettingRunFactory()


def test_a_version_has_the_bill_of_its_newest_report(run):
    VettingRunFactory(version=run.version, queued=True)  # under way

    name, content = sbom_of(run.version)

    assert name == f"{run.version.plugin.name}-{run.version.version}.cdx.json"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    document = json.loads(content)
    assert document["metadata"]["timestamp"].startswith(run.finished_at.isoformat(timespec="seconds")[:19])
    assert {part["purl"] for part in document["components"]} == {
        part["purl"] for part in run.report["dependencies"] if part["purl"]
    }
    assert document["version"] == 1


def test_the_same_report_gives_the_same_bytes(run):
    assert sbom_of(run.version) == sbom_of(run.version)


def test_a_version_that_was_never_vetted_has_none():
    with pytest.raises(NoBill):
        sbom_of(PluginVersionFactory())


def test_the_admin_hands_it_out(client, run, django_assert_max_num_queries):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    page = client.get(reverse("admin:plugins_pluginversion_change", args=[run.version.pk])).content.decode()
    address = reverse("admin:plugins_pluginversion_sbom", args=[run.version.pk])

    with django_assert_max_num_queries(8):
        answer = client.get(address)

    assert address in page
    assert (answer["Content-Type"], answer.status_code) == (CONTENT_TYPE, 200)
    assert answer["Content-Disposition"].endswith('.cdx.json"')
    assert json.loads(answer.content)["specVersion"] == "1.6"


def test_the_admin_refuses_who_may_not_see_the_version(client, run):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(reverse("admin:plugins_pluginversion_sbom", args=[run.version.pk])).status_code == 403


def test_owners_get_that_of_their_own_versions_only(client, run):
    mine, other = UserFactory(), UserFactory()
    run.version.plugin.team.group.user_set.add(mine)
    address = reverse("portal:sbom", args=[run.version.pk])

    client.force_login(mine)
    assert json.loads(client.get(address).content)["bomFormat"] == "CycloneDX"
    assert address in client.get(reverse("portal:version", args=[run.version.pk])).content.decode()

    client.force_login(other)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("where", ["admin:plugins_pluginversion_sbom", "portal:sbom"])
def test_before_the_vetting_has_ended_it_says_so(client, where):
    version = PluginVersionFactory()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    page = client.get(reverse(where, args=[version.pk]), follow=True).content.decode()

    assert "There is no bill of materials before the vetting has ended." in page
