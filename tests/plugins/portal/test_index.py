import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from plugins.enums import RunState, VersionState
from tests.factories import CertificateFactory, PluginFactory, PluginVersionFactory, ReviewFactory, VettingRunFactory

INDEX = reverse("portal:index")


def situations(response):
    return [row.situation.headline for row in response.context["rows"]]


def test_index_asks_to_sign_in(client, db):
    response = client.get(INDEX)

    assert response.url == f"{reverse('login')}?next={INDEX}"


def test_index_says_what_to_do_when_empty(portal):
    page = portal.get(INDEX).content.decode()

    assert "You have no plugins here yet." in page
    assert reverse("portal:submit") in page


def test_index_shows_only_own_plugins(portal, mine):
    PluginVersionFactory(plugin=PluginFactory(name="somebody-elses"))

    response = portal.get(INDEX)

    assert [row.plugin for row in response.context["rows"]] == [mine.plugin]
    assert "somebody-elses" not in response.content.decode()


def test_index_tells_whose_turn_it_is(portal, team):
    asked = PluginVersionFactory(plugin=PluginFactory(name="a", team=team), state=VersionState.CHANGES_REQUESTED)
    broke = PluginVersionFactory(plugin=PluginFactory(name="b", team=team), state=VersionState.VETTING)
    VettingRunFactory(version=broke, state=RunState.ERRORED, report=None, tier="", evidence=False)
    waits = ReviewFactory(
        version__plugin=PluginFactory(name="c", team=team), run__evidence=False, due_on=dt.date(2099, 11, 26)
    ).version
    PluginFactory(name="d", team=team)

    rows = portal.get(INDEX).context["rows"]

    assert [row.version for row in rows] == [asked, broke, waits, None]
    assert [(row.situation.headline, row.situation.yours) for row in rows] == [
        ("Changes are requested.", True),
        ("Vetting broke before it could finish.", True),
        ("Waiting for a reviewer, due 26 Nov 2099.", False),
        ("No version yet.", True),
    ]


def test_index_takes_an_expired_certificate_for_none(portal, team):
    plugin = PluginFactory(team=team, standing="certified")
    old = timezone.now() - dt.timedelta(days=2)
    CertificateFactory(
        version=PluginVersionFactory(plugin=plugin, state=VersionState.APPROVED),
        not_before=old - dt.timedelta(days=30),
        not_after=old,
    )

    (row,) = portal.get(INDEX).context["rows"]

    assert row.certified_until is None
    assert row.situation.headline == "Approved, but no certificate is in force."


def test_index_escapes_a_hostile_name(portal, team):
    PluginVersionFactory(plugin=PluginFactory(team=team, name="<script>alert(1)</script>"), version="<b>1")

    page = portal.get(INDEX).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<b>1" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_index_query_count_is_flat(portal, team, count, django_assert_num_queries):
    for _number in range(count):
        version = PluginVersionFactory(plugin=PluginFactory(team=team))
        ReviewFactory(version=version)

    with django_assert_num_queries(13):
        assert len(portal.get(INDEX).context["rows"]) == count
