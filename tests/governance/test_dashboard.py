import datetime as dt
from html import unescape
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils import timezone

from governance.roles import Role
from plugins.enums import RunState, Standing, VersionState
from tests.factories import (
    CertificateFactory,
    PluginFactory,
    PluginVersionFactory,
    RecallFactory,
    ReviewFactory,
    UserFactory,
    VettingRunFactory,
    grant,
)
from tests.sample_report import vetting_report

DASHBOARD = reverse("dashboard")


class Numbers(HTMLParser):
    """The numbers of a page that are links: (address, number)."""

    def __init__(self):
        super().__init__()
        self.found, self._address = [], None

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self._address = dict(attrs)["href"]

    def handle_data(self, data):
        if self._address and data.strip().isdecimal():
            self.found.append((self._address, int(data)))

    def handle_endtag(self, tag):
        if tag == "a":
            self._address = None


def numbers(page):
    parser = Numbers()
    parser.feed(page)
    return parser.found


@pytest.fixture
def manager(client, db):
    client.force_login(UserFactory(role=Role.MANAGER))
    return client


def days(number):
    return timezone.now() + dt.timedelta(days=number)


@pytest.fixture
def busy():
    """Plugins of several standings and tiers, reviews of several ages, certificates of several ends."""
    now = timezone.now()
    for age, due in ((0, 3), (2, 1), (5, -1), (12, -8), (40, -30)):
        version = PluginVersionFactory(
            plugin=PluginFactory(standing=Standing.IN_REVIEW), queue_since=now - dt.timedelta(days=age, minutes=5)
        )
        ReviewFactory(version=version, due_on=timezone.localdate() + dt.timedelta(days=due))
    for left in (3, 20, 45, 80, 300, -5):
        plugin = PluginFactory(standing=Standing.CERTIFIED)
        CertificateFactory(
            version=PluginVersionFactory(plugin=plugin, state=VersionState.APPROVED),
            run__report=vetting_report(risk={"score": 5, "tier": "low", "factors": []}),
            not_before=days(-60),
            not_after=days(left),
        )
    PluginFactory.create_batch(2)
    rejected = PluginVersionFactory(state=VersionState.REJECTED)
    VettingRunFactory(version=rejected)
    VettingRunFactory(version=version)  # a second run of a version counts once


def test_dashboard_numbers_equal_the_lists_they_link_to(manager, busy):
    found = numbers(manager.get(DASHBOARD).content.decode())

    assert len(found) > 20
    for address, number in found:
        page = manager.get(address)
        assert page.status_code == 200, address
        assert page.context["page"].paginator.count == number, address
        assert f"<span data-total>{number}</span>" in page.content.decode()


def test_dashboard_charts_hold_the_numbers_of_their_tables(manager, busy):
    for entry in manager.get(DASHBOARD).context["panels"]:
        data = entry["data"]
        assert data.chart["labels"] == [row.label for row in data.rows]
        for series in data.series:
            assert len(series.values) == len(data.rows)
        if entry["panel"].code != "queue-age":  # there the chart splits the first column by the second
            totals = [sum(series.values[index] for series in data.series) for index in range(len(data.rows))]
            assert totals == [row.figures[-1].value for row in data.rows]


def test_dashboard_counts_an_expired_certificate_as_lapsed(manager, busy):
    (posture,) = (entry for entry in manager.get(DASHBOARD).context["panels"] if entry["panel"].code == "posture")

    totals = {row.label: row.figures[-1].value for row in posture["data"].rows}

    assert totals == {"Not vetted yet": 3, "In review": 5, "Certified": 5, "Certificate expired": 1}


def test_dashboard_leaves_out_versions_nobody_works_on(manager):
    run = VettingRunFactory(version__state=VersionState.WITHDRAWN)
    VettingRunFactory(version__state=VersionState.REJECTED)

    (criteria,) = (entry for entry in manager.get(DASHBOARD).context["panels"] if entry["panel"].code == "criteria")

    assert run.criteria.filter(outcome="not_met").exists()
    assert criteria["data"].rows == ()


def test_dashboard_asks_the_newest_run_only(manager):
    version = PluginVersionFactory()
    VettingRunFactory(version=version, finished_at=days(-2))
    VettingRunFactory(version=version, finished_at=days(-1), state=RunState.PASSED, evidence=False)

    (criteria,) = (entry for entry in manager.get(DASHBOARD).context["panels"] if entry["panel"].code == "criteria")

    assert criteria["data"].rows == ()


def test_dashboard_says_so_where_there_is_nothing(manager):
    page = manager.get(DASHBOARD).content.decode()

    for words in (
        "No plugin has been submitted yet.",
        "Nothing waits for a decision.",
        "No vetted version fails a criterion.",
        "No certificate runs out within 90 days.",
    ):
        assert words in page


def test_dashboard_is_for_those_with_the_permission(client, db):
    assert client.get(DASHBOARD).url == f"{reverse('login')}?next={DASHBOARD}"

    client.force_login(UserFactory(role=Role.OWNER))

    assert client.get(DASHBOARD).status_code == 403
    assert client.get(reverse("dashboard-list", args=["posture"])).status_code == 403


def test_dashboard_shows_only_panels_of_the_users_permissions(client, db):
    client.force_login(grant(UserFactory(), "governance.view_dashboard", "certification.view_review"))

    panels = [entry["panel"].code for entry in client.get(DASHBOARD).context["panels"]]

    assert panels == ["queue-age"]
    assert client.get(reverse("dashboard-list", args=["posture"])).status_code == 404


def test_dashboard_list_escapes_what_the_package_says(manager):
    plugin = PluginFactory(name="<script>alert(1)</script>")
    VettingRunFactory(version=PluginVersionFactory(plugin=plugin))

    for code in ("posture", "criteria"):
        page = manager.get(reverse("dashboard-list", args=[code])).content.decode()
        assert "<script>alert" not in page
        assert "<script>alert(1)</script>" in unescape(page)


@pytest.mark.parametrize("query", ["?standing=<x>&tier=x", "?page=zero", "?criterion=x", "?age=1' OR 1", "?left=x"])
@pytest.mark.parametrize("code", ["posture", "criteria", "queue-age", "expiring"])
def test_dashboard_list_takes_any_address(manager, code, query):
    assert manager.get(reverse("dashboard-list", args=[code]) + query).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_dashboard_query_count_is_flat(manager, count, django_assert_num_queries):
    for _number in range(count):
        ReviewFactory()
        CertificateFactory(not_after=days(20))
        RecallFactory()

    with django_assert_num_queries(11):
        manager.get(DASHBOARD)


def test_dashboard_list_says_in_each_cell_which_column_it_is_of(manager):
    certificate = CertificateFactory(not_after=days(20))
    answer = manager.get(reverse("dashboard-list", args=["expiring"]))

    heading, *others = answer.context["listing"].columns
    ((first, *rest),) = answer.context["rows"]
    assert (first[0], [column for column, _cell in rest]) == (heading, others)
    assert certificate.serial in [cell.text for _column, cell in (first, *rest)]
    assert [f'data-label="{column}"' in answer.content.decode() for column in others] == [True] * len(others)


@pytest.mark.parametrize("code", ["posture", "criteria", "queue-age", "expiring"])
@pytest.mark.parametrize("count", [1, 3])
def test_dashboard_list_query_count_is_flat(manager, code, count, django_assert_num_queries):
    for _number in range(count):
        ReviewFactory(reviewer=UserFactory())
        CertificateFactory(not_after=days(20))

    with django_assert_num_queries(6):
        assert manager.get(reverse("dashboard-list", args=[code])).context["rows"]
