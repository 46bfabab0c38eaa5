import pytest
from django.urls import reverse

from governance.models import LedgerEntry, User
from tests.factories import UserFactory, grant

pytestmark = pytest.mark.django_db

LIST = "admin:governance_user_changelist"


def test_deactivating_takes_the_sign_in_away_and_keeps_the_person(client):
    root, other = UserFactory(is_superuser=True, is_staff=True), UserFactory()
    client.force_login(root)

    client.post(reverse(LIST), {"action": "deactivate", "_selected_action": [other.pk, root.pk]})

    assert list(User.objects.order_by("pk").values_list("pk", "is_active")) == [(root.pk, True), (other.pk, False)]
    assert list(LedgerEntry.objects.values_list("verb", "subject_id")) == [("user.deactivated", str(other.pk))]


def test_whoever_may_change_users_cannot_make_superusers_nor_touch_them(client):
    staff = grant(UserFactory(is_staff=True), "governance.view_user", "governance.change_user")
    root, other = UserFactory(is_superuser=True, is_staff=True), UserFactory()
    client.force_login(staff)
    data = {"username": other.username, "is_active": "on", "is_superuser": "on", "is_staff": "on"}

    client.post(reverse("admin:governance_user_change", args=[other.pk]), data)
    refused = client.post(
        reverse("admin:auth_user_password_change", args=[root.pk]), {"password1": "x", "password2": "x"}
    )

    other.refresh_from_db()
    assert (other.is_superuser, other.is_staff) == (False, False)
    assert refused.status_code == 403


def test_the_delete_page_refuses(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True))

    response = client.post(reverse("admin:governance_user_delete", args=[UserFactory().pk]), {"post": "yes"})

    assert response.status_code == 403


def test_a_password_set_for_somebody_is_in_the_ledger(client):
    boss, user = UserFactory(is_superuser=True, is_staff=True), UserFactory()
    client.force_login(boss)
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    secret = "Correct-horse-9"

    client.post(address, {"password1": secret, "password2": "another", "usable_password": "true"})
    client.post(address, {"password1": secret, "password2": secret, "usable_password": "true"})

    user.refresh_from_db()
    entry = LedgerEntry.objects.get()
    assert user.check_password(secret)
    assert (entry.verb, entry.actor_id, entry.subject_id) == ("user.password-set", boss.pk, str(user.pk))
    assert secret not in str(entry.details)
