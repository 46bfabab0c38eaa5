import datetime as dt

import pytest
from django.utils import timezone

from certification.enums import ReviewState
from governance.roles import Role
from tests.factories import OwnerTeamFactory, PluginFactory, PluginVersionFactory, ReviewFactory, UserFactory

pytestmark = pytest.mark.django_db

QUEUE = "/admin/certification/review/"
TODAY = timezone.localdate()


@pytest.fixture
def reviewer(client):
    user = UserFactory(role=Role.REVIEWER)
    client.force_login(user)
    return user


def shown(client, query=""):
    return [review.pk for review in client.get(f"{QUEUE}{query}").context["cl"].result_list]


@pytest.mark.parametrize("count", [1, 3])
def test_queue_query_count_is_flat(client, reviewer, count, django_assert_num_queries):
    ReviewFactory.create_batch(count)
    client.get(QUEUE)

    with django_assert_num_queries(8):
        assert len(shown(client)) == count


def test_what_is_due_first_stands_first_then_who_waited_longest_then_the_riskier(client, reviewer):
    soon, late = TODAY + dt.timedelta(days=1), TODAY + dt.timedelta(days=9)
    now = timezone.now()
    before = now - dt.timedelta(hours=5)
    tame = ReviewFactory(due_on=soon, run__score=10, version__queue_since=now)
    wild = ReviewFactory(due_on=soon, run__score=90, version__queue_since=now)
    first = ReviewFactory(due_on=soon, run__score=5, version__queue_since=before)
    last = ReviewFactory(due_on=late, run__score=99, version__queue_since=before)

    assert shown(client) == [first.pk, wild.pk, tame.pk, last.pk]


def test_the_queue_holds_what_waits_and_all_on_request(client, reviewer):
    open_one = ReviewFactory()
    decided = ReviewFactory(state=ReviewState.DECIDED)

    assert shown(client) == [open_one.pk]
    assert set(shown(client, "?state=all")) == {open_one.pk, decided.pk}


def test_filters_mine_unclaimed_overdue_tier_and_format(client, reviewer):
    mine = ReviewFactory(reviewer=reviewer, run__tier="low")
    theirs = ReviewFactory(reviewer=UserFactory(), run__tier="critical")
    overdue = ReviewFactory(due_on=TODAY - dt.timedelta(days=1), run__tier="low", version__plugin__format="generic")

    assert shown(client, "?whose=mine") == [mine.pk]
    assert shown(client, "?whose=unclaimed") == [overdue.pk]
    assert shown(client, "?whose=overdue") == [overdue.pk]
    assert shown(client, "?tier=critical") == [theirs.pk]
    assert shown(client, "?version__plugin__format=generic") == [overdue.pk]


def test_search_finds_by_plugin_and_team(client, reviewer):
    found = ReviewFactory(version__plugin__team=OwnerTeamFactory(name="Zebra"))
    ReviewFactory()

    assert shown(client, "?q=Zebra") == [found.pk]
    assert shown(client, f"?q={found.version.plugin.name}") == [found.pk]


def test_overdue_findings_and_own_plugins_are_marked(client, reviewer):
    own = PluginFactory(team=OwnerTeamFactory(members=[reviewer]))
    ReviewFactory(version=PluginVersionFactory(plugin=own), due_on=TODAY - dt.timedelta(days=1))

    page = client.get(QUEUE).text

    assert "Overdue</span>" in page
    assert "1 finding: High" in page
    assert "Your own team&#x27;s plugin: not yours to review" in page


def test_the_queue_is_closed_to_staff_without_the_permission(client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(QUEUE).status_code == 403
