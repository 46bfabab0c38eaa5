"""The publisher's record and a plugin's reach in the risk score, as the ledger and the platform have them."""

import datetime as dt
from dataclasses import replace

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from certification.certificates import reinstate, revoke, suspend
from governance.models import LedgerEntry
from governance.policies import PolicyRules, baseline
from governance.roles import Role
from plugins.past import Past
from plugins.reputation import Reputation, reach_of
from plugins.services.reputation import ReachRefused, reputation_of, set_installations
from tests.factories import PluginFactory, UserFactory
from tests.support.certified import certified, reviewer
from tests.support.reports import made_report

KNOWN = Reputation(certified=2, incidents=0, team_incidents=0)


def factor(code, reputation, policy=None):
    report = made_report(past=Past(reputation=reputation), policy=policy)
    return next((one for one in report.risk.factors if one.code == code), None)


@pytest.mark.parametrize(
    ("reputation", "points"),
    [
        (None, 0),
        (KNOWN, 0),
        (replace(KNOWN, certified=0), 4),
        (replace(KNOWN, incidents=1), 8),
        (replace(KNOWN, incidents=1, team_incidents=1), 11),
        (replace(KNOWN, incidents=40, team_incidents=40), 14),
    ],
)
def test_the_record_adds_points_and_says_why(reputation, points):
    found = factor("publisher", reputation)

    assert found.points == points
    assert bool(points) == ("nothing" not in found.reason)


@pytest.mark.parametrize(
    ("installations", "key", "points"),
    [(None, "", 0), (9, "", 0), (10, "tens", 2), (999, "hundreds", 4), (1000, "thousands", 6)],
)
def test_reach_adds_by_order_of_magnitude(installations, key, points):
    assert reach_of(installations) == key
    assert factor("reach", replace(KNOWN, installations=installations)).points == points


def test_a_policy_from_before_these_factors_scores_without_them():
    document = baseline().to_dict()
    for name in ("publisher", "reach"):
        del document["risk"]["factors"][name]
    old = PolicyRules.from_dict(document)

    assert factor("publisher", replace(KNOWN, incidents=3), old) is None


@pytest.mark.django_db
def test_the_ledger_remembers_what_befell_a_team(policy):
    lead = reviewer(Role.LEAD_REVIEWER)
    certificate = certified(policy)
    plugin = certificate.version.plugin
    sibling = PluginFactory(team=plugin.team)
    assert (reputation_of(plugin).certified, reputation_of(plugin).incidents) == (1, 0)

    suspend(certificate=certificate, actor=lead, reason="Looks odd.")
    reinstate(certificate=certificate, actor=lead, reason="It was not.")
    revoke(certificate=certificate, actor=lead, reason="It was after all.")

    plugin.refresh_from_db()
    assert (reputation_of(plugin).incidents, reputation_of(sibling).team_incidents) == (2, 2)
    assert reputation_of(PluginFactory()) == Reputation(0, 0, 0)
    with time_machine.travel(timezone.now() + dt.timedelta(days=731)):
        assert reputation_of(plugin).incidents == 0


@pytest.mark.django_db
def test_a_lead_says_how_far_a_plugin_reaches(client):
    plugin, lead = PluginFactory(), UserFactory(role=Role.LEAD_REVIEWER)
    client.force_login(lead)
    page = reverse("admin:plugins_plugin_change", args=[plugin.pk])
    address = reverse("admin:plugins_plugin_reach", args=[plugin.pk])
    assert address in client.get(page).content.decode()

    assert client.post(address, {"installations": "-3"}).status_code == 422
    client.post(address, {"installations": "250"})

    plugin.refresh_from_db()
    assert reputation_of(plugin).installations == 250
    assert LedgerEntry.objects.about(plugin).latest("pk").details == {"from": None, "to": 250}
    with pytest.raises(ReachRefused):
        set_installations(plugin=plugin, installations=1, actor=reviewer())
    client.force_login(reviewer())
    assert client.get(address).status_code == 403
