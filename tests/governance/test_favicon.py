import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from governance.roles import Role
from tests.factories import UserFactory

ICON = "/static/img/plugwarden.svg"


def test_what_asks_for_an_icon_by_its_old_name_is_sent_to_ours(client):
    response = client.get("/favicon.ico")

    assert (response.status_code, response.url) == (302, ICON)
    assert finders.find("img/plugwarden.svg")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["login", "admin:index"])
def test_pages_name_their_icon(client, page):
    if page != "login":
        client.force_login(UserFactory(role=Role.REVIEWER))

    assert f'href="{ICON}" type="image/svg+xml"' in client.get(reverse(page)).text
