import datetime as dt
import re

import pytest
import time_machine
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from governance.models import ApiToken, LedgerEntry
from governance.roles import Role
from governance.services.tokens import (
    ScopeMissing,
    TokenRefused,
    TokenRejected,
    authenticate,
    create_token,
    revoke_token,
)
from governance.tokens import PATTERN, Scope, checksum, fingerprint, mint, well_formed
from tests.factories import ApiTokenFactory, UserFactory
from tests.support.races import at_once

READ, ACKNOWLEDGE = Scope.ADMISSION_READ, Scope.ADMISSION_ACKNOWLEDGE
LIST, MAKE = reverse("admin:governance_apitoken_changelist"), reverse("admin:governance_apitoken_make")


def make(actor, user, **changed):
    ends_on = timezone.localdate() + dt.timedelta(days=30)
    return create_token(
        **{"name": "n8n", "user": user, "scopes": [READ], "ends_on": ends_on, "actor": actor, **changed}
    )


def bearing(text):
    return f"Bearer {text}"


@pytest.fixture
def lead(db):
    return UserFactory(role=Role.LEAD_REVIEWER)


@pytest.fixture
def platform(db):
    return UserFactory(role=Role.PLATFORM)


def test_a_token_is_known_from_anything_else_by_its_text_alone():
    token = mint()

    assert PATTERN.search(f"key = '{token}'").group() == token
    assert well_formed(token)
    assert checksum("plugwarden_" + "0" * 43) == "2BfglD"  # what a scanner of others has to compute, too


@given(place=st.integers(0, 59), other=st.sampled_from("0aZ-_é "))
def test_a_token_with_one_character_changed_is_none(place, other):
    token = mint()
    changed = token[:place] + other + token[place + 1 :]

    assert well_formed(changed) == (changed == token)


def test_only_the_digest_of_a_token_is_stored(lead, platform):
    token, text = make(lead, platform)

    stored = [*ApiToken.objects.values().get().values(), *token.history.values().get().values()]
    assert token.digest == fingerprint(text)
    assert not any(text[11:-4] in str(value) for value in stored)
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.actor_id, entry.details["scopes"]) == ("token.created", lead.pk, ["admission:read"])
    assert text[11:-4] not in str(entry.details) + entry.subject_label


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"name": "  "}, "Say what the token is for."),
        ({"scopes": []}, "Choose what the token is good for."),
        ({"scopes": ["everything"]}, "Choose what the token is good for."),
        ({"ends_on": dt.date(2020, 1, 1)}, "ends today at the earliest"),
        ({"ends_on": dt.date(2120, 1, 1)}, "ends today at the earliest"),
    ],
)
def test_a_token_that_does_not_do_is_refused(lead, platform, changed, why):
    with pytest.raises(TokenRefused, match=why):
        make(lead, platform, **changed)

    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PLATFORM])
def test_tokens_are_made_for_platforms_alone(lead, role):
    with pytest.raises(TokenRefused):
        make(lead, UserFactory(role=role))


def test_no_token_for_a_platform_that_administers_or_is_gone(lead):
    for changed, why in (({"is_staff": True}, "administration"), ({"is_active": False}, "deactivated")):
        with pytest.raises(TokenRefused, match=why):
            make(lead, UserFactory(role=Role.PLATFORM, **changed))


@pytest.mark.parametrize("role", Role)
def test_who_may_make_and_revoke_tokens(client, platform, role):
    user, token = UserFactory(role=role), ApiTokenFactory()
    may = role == Role.LEAD_REVIEWER
    client.force_login(user)

    assert (client.get(MAKE).status_code == 200) == may
    assert (client.get(reverse("admin:governance_apitoken_revoke", args=[token.pk])).status_code == 200) == may
    assert (client.get(LIST).status_code == 200) == (role in {Role.LEAD_REVIEWER, Role.AUDITOR})
    if not may:
        with pytest.raises(TokenRefused, match="makes no tokens"):
            make(user, platform)
        with pytest.raises(TokenRefused, match="revokes no tokens"):
            revoke_token(token=token, actor=user, reason="No.")


def test_a_token_opens_what_it_is_for(db, django_assert_num_queries):
    token = ApiTokenFactory(text=(text := mint()), scopes=[READ], last_used_at=timezone.now())

    with django_assert_num_queries(1):
        assert authenticate(bearing(text), READ) == token
    with pytest.raises(ScopeMissing):
        authenticate(bearing(text), ACKNOWLEDGE)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer plugwarden_x", "unknown", "bare"])
def test_a_header_without_a_token_of_ours_opens_nothing(db, header):
    ApiTokenFactory(text=(text := mint()))
    header = {"unknown": bearing(mint()), "bare": text}.get(header, header)

    with pytest.raises(TokenRejected):
        authenticate(header, READ)


@pytest.mark.parametrize("ended", [{"revoked_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, {"user__is_active": False}])
def test_a_token_that_was_ended_opens_nothing(db, ended):
    ApiTokenFactory(text=(text := mint()), **ended)

    with pytest.raises(TokenRejected):
        authenticate(bearing(text), READ)


def test_a_token_opens_nothing_from_its_end_on(db):
    token = ApiTokenFactory(text=(text := mint()))

    with time_machine.travel(token.expires_at - dt.timedelta(seconds=1), tick=False):
        assert authenticate(bearing(text), READ) == token
    with time_machine.travel(token.expires_at, tick=False), pytest.raises(TokenRejected):
        authenticate(bearing(text), READ)


def test_with_the_role_the_tokens_rights_end(platform):
    ApiTokenFactory(text=(text := mint()), user=platform)
    assert authenticate(bearing(text), READ)

    platform.groups.clear()

    with pytest.raises(ScopeMissing):
        authenticate(bearing(text), READ)


def test_use_is_noted_rarely_and_leaves_no_history(db, django_assert_num_queries):
    token = ApiTokenFactory(text=(text := mint()))
    authenticate(bearing(text), READ)
    token.refresh_from_db()
    first = token.last_used_at

    with time_machine.travel(first + dt.timedelta(minutes=14), tick=False), django_assert_num_queries(1):
        authenticate(bearing(text), READ)
    with time_machine.travel(first + dt.timedelta(minutes=15), tick=False):
        authenticate(bearing(text), READ)

    token.refresh_from_db()
    assert token.last_used_at == first + dt.timedelta(minutes=15)
    assert token.history.count() == 1


def test_a_database_that_cannot_write_costs_no_answer(db, monkeypatch, caplog):
    token = ApiTokenFactory(text=(text := mint()))

    def locked(**_values):
        raise OperationalError("database is locked")

    monkeypatch.setattr("django.db.models.QuerySet.update", lambda _self, **values: locked(**values))

    assert authenticate(bearing(text), READ) == token
    assert "could not be noted" in caplog.text


def test_a_revocation_needs_a_reason_and_happens_once(lead):
    token = ApiTokenFactory()
    with pytest.raises(TokenRefused, match="Say why"):
        revoke_token(token=token, actor=lead, reason=" ")
    revoke_token(token=token, actor=lead, reason="Lost.")
    with pytest.raises(TokenRefused, match="revoked already"):
        revoke_token(token=token, actor=lead, reason="Again.")

    assert list(LedgerEntry.objects.values_list("verb", "details__reason")) == [("token.revoked", "Lost.")]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_revoke_at_once_one_is_told(db):
    token, people = ApiTokenFactory(), [UserFactory(role=Role.LEAD_REVIEWER) for _ in range(2)]

    done = at_once(*[lambda who=who: revoke_token(token=token, actor=who, reason="Lost.") for who in people])

    assert sorted(type(one).__name__ for one in done) == ["ApiToken", "TokenRefused"]
    assert LedgerEntry.objects.filter(verb="token.revoked").count() == 1


def test_the_admin_shows_a_new_token_once(client, lead, platform):
    client.force_login(lead)
    data = {"name": "n8n", "user": platform.pk, "scopes": [READ], "ends_on": timezone.localdate().isoformat()}

    made = client.post(MAKE, data)

    text = re.search(PATTERN, made.content.decode()).group()
    assert authenticate(bearing(text), READ).name == "n8n"
    assert "no-store" in made["Cache-Control"]
    token = ApiToken.objects.get()
    for address in (LIST, reverse("admin:governance_apitoken_change", args=[token.pk])):
        page = client.get(address).content.decode()
        assert f"n8n (…{text[-4:]})" in page
        assert text[:-4] not in page


def test_the_admin_says_what_is_wrong_and_makes_nothing(client, lead, platform):
    client.force_login(lead)

    page = client.post(MAKE, {"name": "n8n", "user": platform.pk, "scopes": [READ], "ends_on": "2120-01-01"})

    assert page.status_code == 422
    assert "A token ends today at the earliest, and in 366 days at the latest." in page.content.decode()
    assert not ApiToken.objects.exists()


def test_the_admin_says_where_accounts_come_from(client, lead):
    client.force_login(lead)

    assert "There is no such account yet" in client.get(MAKE).content.decode()


def test_the_admin_revokes_with_a_reason(client, lead):
    token = ApiTokenFactory()
    client.force_login(lead)
    address = reverse("admin:governance_apitoken_revoke", args=[token.pk])

    assert client.post(address, {"reason": ""}).status_code == 422
    page = client.post(address, {"reason": "Lost."}, follow=True).content.decode()

    assert "is revoked." in page
    assert "Revoked" in page
    assert address not in page


def test_the_list_of_tokens_is_narrowed_by_where_they_stand(client, lead):
    held, ended = ApiTokenFactory(), ApiTokenFactory(revoked_at=timezone.now())
    client.force_login(lead)

    for standing, expected in (("in-force", [held]), ("ended", [ended])):
        found = client.get(LIST, {"standing": standing}).context["cl"].queryset
        assert list(found) == expected
