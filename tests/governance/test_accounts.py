"""Signing in and out, one's own password, and guessing other people's."""

import logging

import pytest
import time_machine
from django.urls import reverse

from governance import guesses
from governance.models import LedgerEntry
from governance.roles import Role
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "a-longer-pass-phrase-7"


@pytest.fixture
def olga():
    return UserFactory(username="olga", role=Role.OWNER, login_password=PASSWORD)


def sign_in(client, name, password, **headers):
    return client.post(reverse("login"), {"username": name, "password": password}, **headers)


def fail(client, name, times, **headers):
    for _ in range(times):
        assert sign_in(client, name, "wrong", **headers).status_code == 200


@pytest.mark.parametrize("address", ["/accounts/password/", "/admin/password_change/"])
def test_ones_own_new_password_is_in_the_ledger_by_either_door(client, olga, address):
    client.force_login(olga)
    page = client.get(address, follow=True).request["PATH_INFO"]

    client.post(page, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    olga.refresh_from_db()
    assert olga.check_password(NEW)
    assert list(LedgerEntry.objects.about(olga).values_list("verb", "actor_id")) == [("user.password-changed", olga.pk)]


def test_a_password_that_was_not_changed_is_not_in_the_ledger(client, olga):
    client.force_login(olga)

    client.post(reverse("password_change"), {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW})

    assert not LedgerEntry.objects.exists()


def test_sign_ins_are_in_the_ledger_and_addresses_only_in_the_log(client, olga, caplog):
    caplog.set_level(logging.INFO, "governance.sign-in")

    sign_in(client, "olga", PASSWORD)
    client.post(reverse("logout"))

    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.actor_id, entry.subject_id, entry.details) == (
        "user.signed-in",
        olga.pk,
        str(olga.pk),
        {},
    )
    assert caplog.messages == [
        "signed in: name 'olga', address '127.0.0.1'",
        "signed out: name 'olga', address '127.0.0.1'",
    ]


def test_a_failed_sign_in_is_one_printable_line_of_the_log_and_no_row(client, caplog):
    sign_in(client, "x\r\nroot\x1b[31m\u202e" + "y" * 50, "wrong")
    sign_in(client, "z" * 5000, "wrong")

    names = [record.args[0] for record in caplog.records if record.name == "governance.sign-in"]
    assert names == ["x\r\nroot\x1b[31m\u202e" + "y" * 50, "z" * 150]
    assert all(line.isprintable() for line in caplog.messages)
    assert not LedgerEntry.objects.exists()


def test_after_five_failures_no_password_is_looked_at_until_the_first_is_old(client, olga):
    with time_machine.travel("2026-03-02 09:00Z", tick=False) as clock:
        fail(client, "olga", guesses.PER_NAME)
        held_up = sign_in(client, "olga", PASSWORD)
        clock.shift(guesses.WINDOW + 1)
        later = sign_in(client, "olga", PASSWORD)

    assert held_up.status_code == 429
    assert "Too many sign-ins failed from your address. Try again in 15 minutes." in held_up.content.decode()
    assert later.status_code == 302


def test_a_stranger_elsewhere_locks_nobody_out(client, olga):
    fail(client, "olga", guesses.PER_NAME, REMOTE_ADDR="203.0.113.9")

    assert sign_in(client, "olga", PASSWORD).status_code == 302


def test_one_address_may_not_try_one_password_on_everybody(client, olga, monkeypatch):
    monkeypatch.setattr(guesses, "PER_ADDRESS", 8)
    for number in range(8):
        fail(client, f"user{number}", 1)

    assert sign_in(client, "olga", PASSWORD).status_code == 429
    assert sign_in(client, "olga", PASSWORD, REMOTE_ADDR="203.0.113.9").status_code == 302


@pytest.mark.parametrize(
    ("proxied", "forwarded", "address"),
    [
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "", "127.0.0.1"),
        (False, "203.0.113.9", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_of_the_proxy_alone(rf, settings, proxied, forwarded, address):
    settings.BEHIND_PROXY = proxied

    assert guesses.address_of(rf.get("/", headers={"X-Forwarded-For": forwarded})) == address
