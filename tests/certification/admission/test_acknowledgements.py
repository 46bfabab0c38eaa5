import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.certificates import reinstate, revoke, suspend
from certification.enums import CertificateState
from certification.models import Acknowledgement, Recall
from governance.models import LedgerEntry
from governance.roles import Role
from tests.certification.admission.conftest import Platform
from tests.factories import AcknowledgementFactory, CertificateFactory, RecallFactory, UserFactory
from tests.support.races import at_once

RECALLS = reverse("admin:certification_recall_changelist")


def moved(*moves, **fields):
    certificate = CertificateFactory(demo=False, **fields)
    for move in moves:
        move(certificate=certificate, actor=UserFactory(), reason="Looked into.")
    return certificate


def serials(response):
    return [row["serial"] for row in response.json()["open"]]


def test_what_was_suspended_or_revoked_is_open_until_it_is_acknowledged(platform):
    one, two = moved(suspend), moved(revoke)
    assert serials(platform.open()) == [one.serial, two.serial]

    told = platform.acknowledge(serials=[two.serial])

    assert told.status_code == 200
    (row,) = told.json()["acknowledged"]
    assert (row["serial"], row["state"], told.json()["open"]) == (two.serial, "revoked", 1)
    assert serials(platform.open()) == [one.serial]
    entry = LedgerEntry.objects.get(verb="recall.acknowledged")
    assert (entry.actor_id, entry.subject_label) == (platform.user.pk, two.serial)


def test_acknowledging_twice_keeps_the_first_time(platform):
    one = moved(suspend)
    first = platform.acknowledge(serials=[one.serial, one.serial]).json()
    again = platform.acknowledge(serials=[one.serial]).json()

    assert first["acknowledged"][0] == first["acknowledged"][1] == again["acknowledged"][0]
    assert LedgerEntry.objects.filter(verb="recall.acknowledged").count() == 1


def test_each_platform_acknowledges_for_itself(client, platform):
    other, one = Platform(client), moved(revoke)

    platform.acknowledge(serials=[one.serial])

    assert serials(platform.open()) == []
    assert serials(other.open()) == [one.serial]


def test_all_up_to_a_number_are_acknowledged_at_once(platform):
    rows = [moved(suspend) for _ in range(3)]
    number = platform.open().json()["open"][1]["number"]

    told = platform.acknowledge(through=number).json()

    assert [row["serial"] for row in told["acknowledged"]] == [rows[0].serial, rows[1].serial]
    assert told["open"] == 1


def test_a_second_suspension_is_acknowledged_anew(platform):
    one = moved(suspend)
    platform.acknowledge(serials=[one.serial])

    reinstate(certificate=one, actor=None, reason="Nothing found.")
    assert serials(platform.open()) == []
    suspend(certificate=one, actor=None, reason="Found after all.")

    assert serials(platform.open()) == [one.serial]
    assert Recall.objects.count() == 2


def test_of_two_suspensions_the_last_is_asked_for(platform):
    one = moved(suspend, reinstate, suspend)

    assert serials(platform.open()) == [one.serial]
    assert platform.open().json()["open"][0]["number"] == Recall.objects.latest("id").pk


def test_a_revocation_after_a_suspension_is_asked_for_once(platform):
    moved(suspend, revoke)

    assert [row["state"] for row in platform.open().json()["open"]] == ["revoked"]


@pytest.mark.parametrize("serial", ["PW-NOBODY", "active", "reinstated", "ran out"])
def test_what_is_not_recalled_cannot_be_acknowledged_and_nothing_is_stored(platform, serial):
    now = timezone.now()
    past = {"not_before": now - dt.timedelta(days=9), "not_after": now - dt.timedelta(days=1)}
    known = {
        "active": lambda: moved().serial,
        "reinstated": lambda: moved(suspend, reinstate).serial,
        "ran out": lambda: moved(suspend, **past).serial,
    }
    other, serial = moved(suspend), known.get(serial, lambda: serial)()

    told = platform.acknowledge(serials=[other.serial, serial])

    assert (told.status_code, told.json()["code"]) == (409, "nothing-to-acknowledge")
    assert told.json()["detail"].startswith("Item 2 names no certificate")
    assert not Acknowledgement.objects.exists()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"serials": []}, "too-many"),
        ({"serials": ["PW-1"] * 1_001}, "too-many"),
        ({"serials": ["a b"]}, "serial-malformed"),
        ({"serials": [None]}, "serial-malformed"),
        ({"serials": "PW-1"}, "body-malformed"),
        ({"through": -1}, "number-malformed"),
        ({"through": True}, "number-malformed"),
        ({"through": 2**70}, "number-malformed"),
        ({"serials": ["PW-1"], "through": 1}, "body-malformed"),
    ],
)
def test_an_acknowledgement_that_names_nothing_is_refused(platform, document, code):
    told = platform.acknowledge(**document)

    assert (told.status_code, told.json()["code"]) == (400, code)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "%00", "1.5"])
def test_a_place_in_the_list_that_is_no_number_is_refused(platform, after):
    assert platform.open(after=after).json()["code"] == "number-malformed"


def test_the_open_ones_are_read_page_by_page(platform, monkeypatch):
    monkeypatch.setattr("certification.admission.views.MOST", 2)
    rows = [moved(suspend) for _ in range(3)]

    first = platform.open().json()
    rest = platform.open(after=first["open"][-1]["number"]).json()

    assert [row["serial"] for row in first["open"] + rest["open"]] == [row.serial for row in rows]
    assert (first["more"], rest["more"]) == (True, False)


def test_a_platform_answers_for_nothing_from_before_it_took_part(client, db):
    moved(suspend)
    late = Platform(client, user__date_joined=timezone.now() + dt.timedelta(hours=1))

    assert serials(late.open()) == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_open_ones_are_read_in_two_queries(platform, count, django_assert_num_queries):
    RecallFactory.create_batch(count)

    with django_assert_num_queries(2):
        assert len(serials(platform.open())) == count


@pytest.mark.django_db(transaction=True)
def test_two_workers_of_a_platform_acknowledge_once(client):
    platform, one = Platform(client), moved(suspend)

    told = at_once(*[lambda: platform.acknowledge(serials=[one.serial]).status_code] * 2)

    assert told == [200, 200]
    assert Acknowledgement.objects.count() == LedgerEntry.objects.filter(verb="recall.acknowledged").count() == 1


@pytest.fixture
def lead(client, db):
    client.force_login(UserFactory(role=Role.LEAD_REVIEWER))
    return client


def names(page):
    return [str(row) for row in page.context["cl"].result_list]


def test_the_admin_says_who_has_not_acknowledged(lead):
    heard, silent = (UserFactory(role=Role.PLATFORM, first_name=name, last_name="") for name in ("Node-RED", "n8n"))
    recall, done = RecallFactory(), RecallFactory()
    AcknowledgementFactory(recall=recall, user=heard)
    for user in (heard, silent):
        AcknowledgementFactory(recall=done, user=user)
    UserFactory(role=Role.PLATFORM, is_active=False)
    makers = [given.token.user for given in Acknowledgement.objects.all()]
    for maker in makers:
        maker.groups.clear()

    page = lead.get(RECALLS)

    assert "Not acknowledged by: n8n" in page.content.decode()
    assert "Acknowledged by all" in page.content.decode()
    assert names(lead.get(RECALLS, {"standing": "waiting"})) == [str(recall)]
    assert names(lead.get(RECALLS, {"missing": silent.pk})) == [str(recall)]
    assert names(lead.get(RECALLS, {"missing": heard.pk})) == []
    assert names(lead.get(RECALLS, {"standing": "holds"})) == [str(done), str(recall)]
    page = lead.get(reverse("admin:certification_certificate_change", args=[recall.certificate_id]))
    assert "Not acknowledged by: n8n" in page.content.decode()
    page = lead.get(reverse("admin:certification_recall_change", args=[recall.pk])).content.decode()
    assert "Node-RED" in page
    assert recall.certificate.serial in page


def test_the_admin_tells_a_recall_that_is_over(lead):
    one = moved(suspend, reinstate)

    assert names(lead.get(RECALLS, {"standing": "over"})) == [str(one.recalls.get())]
    assert names(lead.get(RECALLS, {"standing": "holds"})) == []


def test_the_dashboard_counts_what_its_lists_show(client, db):
    client.force_login(UserFactory(role=Role.MANAGER))
    silent, other = (UserFactory(role=Role.PLATFORM, date_joined=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) for _ in "12")
    for age in (0, 0.5, 3, 30):
        recall = RecallFactory(at=timezone.now() - dt.timedelta(days=age))
    for user in (silent, other):
        AcknowledgementFactory(recall=recall, user=user, token__user=user)

    (panel,) = [
        entry for entry in client.get(reverse("dashboard")).context["panels"] if entry["panel"].code == "recalls"
    ]

    data = panel["data"]
    assert [[figure.value for figure in row.figures] for row in data.rows] == [[2, 1, 0], [2, 1, 0]]
    assert data.headlines[0].figure.value == 3
    for figure in (*data.rows[0].figures[:2], data.headlines[0].figure):
        assert len(client.get(figure.url).context["rows"]) == figure.value


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_behind_the_dashboard_takes_as_many_queries_for_any_number(client, db, count, django_assert_num_queries):
    client.force_login(UserFactory(role=Role.MANAGER))
    UserFactory(role=Role.PLATFORM)
    RecallFactory.create_batch(count)

    with django_assert_num_queries(7):
        assert len(client.get(reverse("dashboard-list", args=["recalls"])).context["rows"]) == count


def test_the_dashboard_says_so_when_nothing_is_owed(client, db):
    client.force_login(UserFactory(role=Role.MANAGER))
    assert "There is no platform yet" in client.get(reverse("dashboard")).content.decode()
    UserFactory(role=Role.PLATFORM)

    assert "Every platform has acknowledged" in client.get(reverse("dashboard")).content.decode()


@pytest.mark.parametrize("state", [CertificateState.EXPIRED, CertificateState.SUPERSEDED])
def test_what_ends_by_itself_is_no_recall(db, state):
    certificate = CertificateFactory(state=state)

    assert not certificate.recalls.exists()
