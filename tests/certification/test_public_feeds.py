import datetime as dt
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from certification.certificates import revoke, suspend
from certification.enums import CertificateState
from tests.factories import CertificateFactory, PluginFactory, PluginVersionFactory, UserFactory

JSON, ATOM = reverse("certification:feed_json"), reverse("certification:feed_atom")
ADDRESSES = {"json": JSON, "atom": ATOM}
NS = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<b>&\"'\x1b]0;x\x07</b>"


def days(number):
    return timezone.now() + dt.timedelta(days=number)


def parsed(response):
    return ET.fromstring(response.content)  # noqa: S314 - our own


def entries(client):
    """The Atom feed's entries: id, updated, title."""
    feed = parsed(client.get(ATOM))
    return [
        tuple(entry.find(NS + name).text for name in ("id", "updated", "title")) for entry in feed.iter(NS + "entry")
    ]


def badge(client, certificate):
    return client.get(reverse("certification:badge", args=[certificate.serial]))


def plugin_badge(client, plugin):
    return client.get(reverse("certification:plugin_badge", args=[plugin.format, plugin.name]))


def said(response):
    """The title and the text of a badge, which has to be well-formed SVG."""
    root = parsed(response)
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == svg + "svg"
    assert root.get("aria-label") == root.find(svg + "title").text
    assert root.get("role") == "img"
    return root.find(svg + "title").text, [text.text for text in root.iter(svg + "text")][1]


def test_the_json_feed_is_what_its_specification_asks_for(client, db, settings):
    settings.PORTAL_URL = "https://plugins.example.org/"
    one = CertificateFactory()

    response = client.get(JSON)

    feed = response.json()
    assert response["Content-Type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://plugins.example.org" + JSON
    (item,) = feed["items"]
    assert item["id"] == item["url"] == f"https://plugins.example.org/status/certificates/{one.serial}/"
    assert item["content_text"].startswith(f"Certificate {one.serial} of")
    assert dt.datetime.fromisoformat(item["date_published"]) <= dt.datetime.fromisoformat(item["date_modified"])
    facts = item["_plugwarden"]
    assert (facts["sha256"], facts["state"], facts["tier"]) == (one.sha256, "active", "low")
    assert facts["bundle"] == f"https://plugins.example.org/status/certificates/{one.serial}/bundle/"


def test_the_atom_feed_is_what_its_specification_asks_for(client, db):
    one = CertificateFactory()

    response = client.get(ATOM)

    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = parsed(response)
    assert feed.tag == NS + "feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(NS + name)) == 1
    assert feed.find(f"{NS}author/{NS}name").text == "Plugwarden"
    assert {link.get("rel") for link in feed.findall(NS + "link")} == {"self", "alternate"}
    (entry,) = feed.findall(NS + "entry")
    assert entry.find(NS + "id").text.endswith(f"/status/certificates/{one.serial}/")
    assert dt.datetime.fromisoformat(entry.find(NS + "updated").text).tzinfo is not None


def test_feeds_tell_what_has_become_of_a_certificate_under_the_same_id(client, db):
    one, two = CertificateFactory(), CertificateFactory()
    before = {entry[0]: entry for entry in entries(client)}

    with time_machine.travel(days(1)):
        revoke(certificate=one, actor=UserFactory(), reason="The owner of Acme lied to us.")
        first, second = entries(client)

    assert first[0].endswith(f"{one.serial}/")
    assert first[2].endswith(": revoked")
    assert first[1] > before[first[0]][1]
    assert second == before[second[0]]
    assert second[0].endswith(f"{two.serial}/")
    assert "lied" not in client.get(ATOM).content.decode() + client.get(JSON).content.decode()


def test_what_ran_out_has_changed_when_it_did(client, db):
    one = CertificateFactory(not_after=days(1))

    with time_machine.travel(days(2)):
        ((_id, updated, title),) = entries(client)

    assert title.endswith(": expired")
    assert updated[:19] == one.not_after.strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize("kind", ADDRESSES)
def test_feeds_are_asked_for_again_only_when_something_changed(client, db, kind):
    one = CertificateFactory()
    first = client.get(ADDRESSES[kind])

    same = client.get(ADDRESSES[kind], headers={"If-None-Match": first["ETag"]})
    since = client.get(ADDRESSES[kind], headers={"If-Modified-Since": first["Last-Modified"]})
    suspend(certificate=one, actor=None, reason="Looked into.")
    changed = client.get(ADDRESSES[kind], headers={"If-None-Match": first["ETag"]})

    assert [same.status_code, since.status_code, changed.status_code] == [304, 304, 200]
    assert first["Cache-Control"] == "public, max-age=60"
    assert first["Access-Control-Allow-Origin"] == "*"
    assert "Cookie" not in first.get("Vary", "")


@pytest.mark.parametrize("kind", ADDRESSES)
def test_an_empty_feed_is_a_feed_and_stays_the_same(client, db, kind):
    first = client.get(ADDRESSES[kind])
    with time_machine.travel(days(3)):
        again = client.get(ADDRESSES[kind])

    assert first.status_code == 200
    assert first.content == again.content


def test_a_hostile_name_breaks_neither_feed_nor_badge(client, db):
    one = CertificateFactory(version__plugin__name=HOSTILE)

    ((_id, _updated, title),) = entries(client)
    assert "\x1b" not in title
    assert "<b>" not in client.get(ATOM).content.decode()
    assert "\x1b" not in client.get(JSON).json()["items"][0]["title"]
    assert "<b>" not in badge(client, one).content.decode()
    assert said(badge(client, one))[0].startswith("Plugwarden: <b>&\"'")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", ADDRESSES)
def test_feeds_take_two_queries_for_any_number(client, db, count, kind, django_assert_num_queries):
    CertificateFactory.create_batch(count)

    with django_assert_num_queries(2):
        client.get(ADDRESSES[kind])


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "certified until "),
        ({"state": CertificateState.SUSPENDED}, "suspended"),
        ({"state": CertificateState.REVOKED}, "revoked"),
        ({"state": CertificateState.SUPERSEDED}, "superseded"),
        (
            {"not_before": dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "not_after": dt.datetime(2020, 2, 1, tzinfo=dt.UTC)},
            "expired",
        ),
        (
            {"not_before": dt.datetime(2120, 1, 1, tzinfo=dt.UTC), "not_after": dt.datetime(2120, 2, 1, tzinfo=dt.UTC)},
            "not valid yet",
        ),
    ],
)
def test_a_badge_says_what_a_certificate_is_worth_now(client, db, fields, text):
    one = CertificateFactory(**fields)

    title, shown = said(badge(client, one))

    assert shown.startswith(text)
    assert title == f"Plugwarden: {one.version}, {shown}"


def test_a_badge_works_on_other_sites_and_is_kept_shortly(client, db, django_assert_num_queries):
    one = CertificateFactory()
    with django_assert_num_queries(2):
        response = badge(client, one)

    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in response.get("Vary", "")
    address = reverse("certification:badge", args=[one.serial])
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_the_badge_of_a_plugin_says_the_best_of_its_certificates(client, db, django_assert_num_queries):
    plugin = PluginFactory(name="@acme/n8n-nodes-x", format="n8n-node")
    assert said(plugin_badge(client, plugin))[1] == "not certified"
    told = []

    for state in (
        CertificateState.REVOKED,
        CertificateState.SUSPENDED,
        CertificateState.ACTIVE,
        CertificateState.REVOKED,
    ):
        CertificateFactory(version=PluginVersionFactory(plugin=plugin, version=str(len(told))), state=state)
        with django_assert_num_queries(2):
            told.append(said(plugin_badge(client, plugin))[1].partition(" ")[0])

    assert told == ["revoked", "suspended", "certified", "certified"]


def test_a_badge_of_nothing_is_a_badge(client, db):
    for address in ("/status/certificates/PW-NOBODY/badge.svg", "/status/plugins/n8n-node/no/such/badge.svg"):
        response = client.get(address)
        assert (response.status_code, said(response)[1]) == (200, "not certified")


def test_the_page_of_a_certificate_offers_its_badges_to_copy(client, db, settings):
    settings.PORTAL_URL = "https://plugins.example.org"
    one = CertificateFactory()
    page = client.get(reverse("certification:certificate", args=[one.serial])).content.decode()

    address = f"https://plugins.example.org/status/certificates/{one.serial}/"
    assert f"[![Plugwarden]({address}badge.svg)]({address})" in page
    assert f"/status/plugins/{one.version.plugin.format}/{one.version.plugin.name}/badge.svg" in page


def test_the_status_page_counts_by_tier_and_is_narrowed_by_it_and_by_format(client, db):
    low, high = CertificateFactory(tier="low", not_after=days(9)), CertificateFactory(tier="high")
    other = CertificateFactory(tier="low", version__plugin__format="n8n-node")
    status = reverse("certification:status")

    def listed(**query):
        return {row["certificate"] for row in client.get(status, query).context["rows"]}

    posture = client.get(status).context["posture"]
    assert [tuple(row) for row in posture.tiers] == [
        ("low", 2, 1), ("moderate", 0, 0), ("high", 1, 0), ("critical", 0, 0),
    ]  # fmt: skip
    assert [sum(column["values"]) for column in posture.chart["series"]] == [2, 1]
    assert listed(tier="low") == {low, other}
    assert listed(tier="low", format="n8n-node") == {other}
    assert listed(tier="<x>", format="none") == {low, high, other}
    page = client.get(status, {"tier": "moderate"}).content.decode()
    assert "No certificate here is of this tier and format." in page


def test_the_status_page_is_asked_for_again_only_when_something_changed(client, db):
    one = CertificateFactory()
    status = reverse("certification:status")
    tag = client.get(status)["ETag"]

    assert client.get(status, headers={"If-None-Match": tag}).status_code == 304
    suspend(certificate=one, actor=None, reason="Looked into.")
    assert client.get(status, headers={"If-None-Match": tag}).status_code == 200
