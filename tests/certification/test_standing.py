"""What has run out is lapsed and expired the moment it is read, on every page and in every list; no job has run."""

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from audits.reports.dossier import build_dossier
from certification.certificates import revoke, suspend
from certification.models import Certificate
from certification.panels.posture import plugins_by_posture
from governance.roles import Role
from plugins.enums import Standing
from plugins.models import Plugin
from plugins.services import add_member
from plugins.standing import standing_as_of
from tests.factories import PluginFactory, UserFactory
from tests.support.certified import certified

pytestmark = pytest.mark.django_db
PLUGINS = "admin:plugins_plugin_changelist"
CERTIFICATES = "admin:certification_certificate_changelist"


@pytest.fixture(params=["active", "suspended"])
def certificate(request, policy):
    found = certified(policy)
    if request.param == "suspended":
        suspend(certificate=found, actor=UserFactory(), reason="Looked into.")
    return found


@pytest.fixture
def afterwards(certificate):
    """The moment it runs out."""
    with time_machine.travel(certificate.not_after, tick=False):
        yield


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    return client


def listed(client, name, **query):
    return list(client.get(reverse(name), query).context["cl"].result_list)


def test_until_then_the_standing_is_what_was_noted(certificate):
    plugin = Plugin.objects.get()

    assert standing_as_of(plugin, timezone.now()) == plugin.standing


def test_then_it_is_lapsed_although_nobody_noted_it(certificate, afterwards):
    plugin = Plugin.objects.get()

    assert plugin.standing in {Standing.CERTIFIED, Standing.SUSPENDED}
    assert standing_as_of(plugin, timezone.now()) == Standing.LAPSED
    assert [row.effective for row in plugins_by_posture(timezone.now())] == [Standing.LAPSED]


def test_what_rests_on_no_certificate_does_not_lapse(db):
    assert standing_as_of(PluginFactory(standing=Standing.IN_REVIEW), timezone.now()) == Standing.IN_REVIEW


def test_the_admins_lists_show_and_find_it_as_expired(certificate, afterwards, lead):
    plugin = Plugin.objects.get()

    assert ">Certificate expired</span>" in lead.get(reverse(PLUGINS)).text
    assert listed(lead, PLUGINS, standing=Standing.LAPSED) == [plugin]
    assert listed(lead, PLUGINS, standing=plugin.standing) == []
    assert listed(lead, CERTIFICATES, state="expired") == [certificate]
    assert listed(lead, CERTIFICATES, state=Certificate.objects.get().state) == []


def test_the_admins_lists_find_what_is_in_force(lead, certificate):
    plugin = Plugin.objects.get()

    assert listed(lead, PLUGINS, standing=plugin.standing) == [plugin]
    assert listed(lead, CERTIFICATES, state=Certificate.objects.get().state) == [certificate]
    assert listed(lead, CERTIFICATES, state="expired") == []
    assert listed(lead, CERTIFICATES, state="revoked") == []


def test_a_revoked_one_stays_revoked(client, policy):
    certificate = certified(policy)
    revoke(certificate=certificate, actor=UserFactory(), reason="It leaks.")

    with time_machine.travel(certificate.not_after, tick=False):
        client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
        assert listed(client, CERTIFICATES, state="revoked") == [certificate]
        assert listed(client, CERTIFICATES, state="expired") == []


@pytest.mark.parametrize(("name", "query"), [(PLUGINS, {"standing": "x"}), (CERTIFICATES, {"state": "x"})])
def test_a_filter_nobody_knows_filters_nothing(lead, certificate, name, query):
    assert len(listed(lead, name, **query)) == 1


def test_the_pages_of_plugin_and_version_show_it_as_expired(certificate, afterwards, lead):
    version = certificate.version

    for name, pk in (("plugins_plugin", version.plugin_id), ("plugins_pluginversion", version.pk)):
        assert ">Certificate expired</span>" in lead.get(reverse(f"admin:{name}_change", args=[pk])).text


def test_the_owners_page_and_the_dossier_show_it_as_expired(client, certificate, afterwards):
    owner = UserFactory(role=Role.OWNER)
    add_member(team=certificate.version.plugin.team, member=owner)
    client.force_login(owner)

    assert "Certificate expired" in client.get(certificate.version.plugin.get_absolute_url()).text
    assert build_dossier(version=certificate.version, actor=owner).identity.standing == "Certificate expired"
