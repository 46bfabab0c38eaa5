import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.enums import ReviewState
from governance.roles import Role
from tests.factories import OwnerTeamFactory, PluginFactory, PluginVersionFactory, ReviewFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


@pytest.fixture
def reviewer(client):
    user = UserFactory(role=Role.REVIEWER)
    client.force_login(user)
    return user


def start(client):
    return client.get(reverse("admin:index")).context.get("start")


def test_the_start_page_shows_my_reviews_and_what_is_due_next(client, reviewer):
    late = ReviewFactory(due_on=TODAY + dt.timedelta(days=9))
    soon = ReviewFactory(due_on=TODAY)
    mine = ReviewFactory(reviewer=reviewer)
    ReviewFactory(reviewer=reviewer, state=ReviewState.DECIDED)

    page = client.get(reverse("admin:index"))

    assert page.context["start"].mine == (mine,)
    assert page.context["start"].due == (soon, late)
    assert f'href="{reverse("admin:certification_review_change", args=[mine.pk])}"' in page.text


def test_every_number_is_that_of_the_list_it_leads_to(client, reviewer):
    ReviewFactory(reviewer=reviewer)
    ReviewFactory(reviewer=reviewer, state=ReviewState.DECIDED)
    ReviewFactory(due_on=TODAY - dt.timedelta(days=1))
    ReviewFactory(state=ReviewState.SECOND_APPROVAL)
    ReviewFactory(state=ReviewState.DECIDED)

    counts = start(client).counts

    assert [figure.value for figure in counts] == [3, 1, 1, 1, 1]
    for figure in counts:
        assert client.get(figure.url).context["cl"].result_count == figure.value


def test_ones_own_plugins_are_not_offered(client, reviewer):
    own = PluginFactory(team=OwnerTeamFactory(members=[reviewer]))
    ReviewFactory(version=PluginVersionFactory(plugin=own))

    assert start(client).due == ()


@pytest.mark.parametrize("count", [1, 4])
def test_query_count_of_the_start_page_is_flat(client, reviewer, count, django_assert_num_queries):
    ReviewFactory.create_batch(count)
    ReviewFactory.create_batch(count, reviewer=reviewer)
    client.get(reverse("admin:index"))

    with django_assert_num_queries(8):
        client.get(reverse("admin:index"))


def test_an_auditor_reads_the_queue_and_has_no_reviews_of_their_own(client):
    client.force_login(UserFactory(role=Role.AUDITOR))

    assert start(client).mine is None


def test_staff_who_may_not_see_reviews_see_none(client):
    ReviewFactory()
    client.force_login(UserFactory(is_staff=True))

    assert start(client) is None
