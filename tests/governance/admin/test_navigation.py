import pytest

from governance.navigation import GROUPS, sidebar
from governance.roles import Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def titles(rf, user, path="/admin/"):
    request = rf.get(path)
    request.user = user
    return [str(item["title"]) for group in sidebar(request) for item in group["items"]]


def test_a_superuser_reaches_everything(rf):
    everything = [str(link.title) for _title, links in GROUPS for link in links]

    assert titles(rf, UserFactory(is_superuser=True)) == everything


def test_a_reviewer_sees_the_queue_and_no_system_pages(rf):
    shown = titles(rf, UserFactory(role=Role.REVIEWER))

    assert shown[:2] == ["Review queue", "My reviews"]
    assert {"Ledger", "Users", "Failed tasks"}.isdisjoint(shown)


def test_an_auditor_sees_the_ledger_and_claims_nothing(rf):
    shown = titles(rf, UserFactory(role=Role.AUDITOR))

    assert "Ledger" in shown
    assert "My reviews" not in shown


def test_only_one_of_the_two_queue_links_is_marked(rf):
    request = rf.get("/admin/certification/review/", {"whose": "mine"})
    request.user = UserFactory(role=Role.REVIEWER)

    active = [str(item["title"]) for group in sidebar(request) for item in group["items"] if item["active"]]

    assert active == ["My reviews"]
