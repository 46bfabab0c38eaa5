import pytest
from django.test import Client
from django.urls import reverse

from governance.roles import Role
from tests.factories import PASSWORD, UserFactory

HOME = reverse("home")


@pytest.mark.parametrize(
    ("role", "room"),
    [
        (Role.OWNER, "portal"),
        (Role.REVIEWER, "queue"),
        (Role.LEAD_REVIEWER, "queue"),
        (Role.MANAGER, "dashboard"),
        (Role.POLICY_MANAGER, "admin"),
        (Role.AUDITOR, "admin"),
        (Role.PLATFORM, "portal"),
    ],
)
def test_home_sends_each_role_where_it_works(client, db, role, room):
    client.force_login(UserFactory(role=role))

    response = client.get(HOME)

    assert response.context["workplace"].code == room
    assert f'href="{response.context["workplace"].url}"' in response.content.decode()


def test_home_sends_a_stranger_to_the_status_page(client, db):
    response = client.get(HOME)

    assert response.context["workplace"].code == "status"
    assert response.context["others"] == []
    assert reverse("login") in response.content.decode()


def test_home_shows_only_rooms_one_may_enter(client, db):
    client.force_login(UserFactory(role=Role.OWNER))

    assert [room.code for room in client.get(HOME).context["others"]] == ["status"]


def test_login_leads_back_to_the_page_asked_for(client, db):
    UserFactory(username="ada", login_password=PASSWORD)
    asked = reverse("portal:submit")

    response = client.post(f"{reverse('login')}?next={asked}", {"username": "ada", "password": PASSWORD, "next": asked})

    assert response.url == asked


def test_login_says_why_it_failed_and_keeps_the_name(client, db):
    page = client.post(reverse("login"), {"username": "ada", "password": "wrong"}).content.decode()

    assert "Please enter a correct username and password" in page
    assert 'value="ada"' in page


def test_logout_needs_a_post_and_ends_at_the_status_page(client, db):
    client.force_login(UserFactory())

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).url == reverse("certification:status")
    assert "_auth_user_id" not in client.session


def test_password_change_works_and_is_linked(client, db):
    client.force_login(UserFactory(login_password=PASSWORD))
    new = "another battery entirely"

    response = client.post(
        reverse("password_change"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}, follow=True
    )

    assert "Your password is changed" in response.content.decode()


@pytest.mark.parametrize("path", ["/nothing/here/", "/portal/versions/999999/"])
def test_missing_pages_look_like_ours(client, db, path):
    client.force_login(UserFactory())

    response = client.get(path)

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_error_pages_render_without_a_request():
    from django.template.loader import render_to_string  # noqa: PLC0415 - only here

    for name in ("400", "403", "404", "413", "500"):
        assert "Go to the start page" in render_to_string(f"{name}.html")


def test_a_page_that_grew_old_says_so(db):
    assert "The page had grown old" in Client(enforce_csrf_checks=True).post(reverse("login")).content.decode()


@pytest.mark.parametrize("name", ["home", "login", "certification:status"])
def test_pages_run_no_inline_code(client, db, name):
    response = client.get(reverse(name))
    page = response.content.decode()

    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    assert "style=" not in page
    assert "<style" not in page
    assert " onclick" not in page
