import json
import stat

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from governance.accounts import create_user, first_users, generated_passwords, keep_passwords, passwords_file
from governance.models import LedgerEntry, User, UserDeletionRefused
from governance.roles import PERMISSIONS, STAFF, Role, permissions_named, sync_roles
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys_dir(settings, tmp_path):
    """A folder for keys of this test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    return settings.KEYS_DIR


# --- users are never deleted ---


@pytest.mark.parametrize(
    "delete",
    [
        lambda user: user.delete(),
        lambda user: User.objects.filter(pk=user.pk).delete(),
        lambda user: User.objects.all().delete(),
    ],
    ids=["row", "queryset", "all"],
)
def test_a_user_is_never_deleted(delete):
    user = UserFactory()

    with pytest.raises(UserDeletionRefused, match="deactivated, never deleted"):
        delete(user)

    assert User.objects.filter(pk=user.pk).exists()


def test_a_deactivated_user_keeps_their_name_in_the_history_and_may_do_nothing(client):
    user = UserFactory(role=Role.REVIEWER, is_active=False)

    assert not user.has_perm("plugins.view_plugin")
    assert not client.login(username=user.username, password="any")
    assert str(user.history.first()).startswith(f"{user} as of")


def test_a_changed_password_leaves_no_trace_of_it_in_the_history():
    user = UserFactory()

    assert not hasattr(user.history.first(), "password")


# --- roles ---


def named(permissions):
    return {f"{entry.content_type.app_label}.{entry.codename}" for entry in permissions}


@pytest.mark.parametrize("role", Role)
def test_a_roles_group_holds_what_the_table_says(role):
    group = Group.objects.get(name=role.value)

    assert named(group.permissions.select_related("content_type")) == PERMISSIONS[role]


def test_roles_are_set_right_after_every_migration():
    group = Group.objects.get(name=Role.REVIEWER.value)
    group.permissions.set([*permissions_named({"governance.publish_policyversion"})])

    call_command("migrate", verbosity=0)

    assert named(group.permissions.select_related("content_type")) == PERMISSIONS[Role.REVIEWER]


def test_setting_roles_twice_changes_nothing():
    before = Group.objects.count(), Permission.objects.count()

    sync_roles()

    assert (Group.objects.count(), Permission.objects.count()) == before


def test_a_permission_nobody_defined_is_an_error():
    with pytest.raises(LookupError, match=r"plugins\.fly"):
        permissions_named({"plugins.fly", "plugins.view_plugin"})


def test_who_decides_does_not_make_the_policy_and_who_audits_does_not_decide():
    decide, publish = "certification.decide_review", "governance.publish_policyversion"

    assert [role for role in Role if decide in PERMISSIONS[role]] == [Role.REVIEWER, Role.LEAD_REVIEWER]
    assert [role for role in Role if publish in PERMISSIONS[role]] == [Role.POLICY_MANAGER]
    assert [role for role in Role if "audits.issue_audit" in PERMISSIONS[role]] == [Role.AUDITOR]
    assert [role for role in Role if "certification.revoke_certificate" in PERMISSIONS[role]] == [Role.LEAD_REVIEWER]


@pytest.mark.parametrize("role", Role)
def test_no_role_deletes_anything_or_grants_itself_more(role):
    assert not {name for name in PERMISSIONS[role] if ".delete_" in name}
    assert not {name for name in PERMISSIONS[role] if name.endswith(("_user", "_group")) and ".view_" not in name}


# --- the first users ---


def test_a_fresh_installation_gets_an_administrator_and_keeps_the_password(keys_dir):
    first_users()

    admin = User.objects.get()
    assert (admin.username, admin.is_superuser, admin.is_staff) == ("admin", True, True)
    assert admin.check_password(generated_passwords()["admin"])
    assert stat.S_IMODE(passwords_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_dir.stat().st_mode) == 0o700
    assert LedgerEntry.objects.get().verb == "user.created"


def test_where_there_is_somebody_nobody_is_added(keys_dir):
    UserFactory()

    first_users()

    assert User.objects.count() == 1
    assert not passwords_file().exists()


def test_in_production_nobody_is_made_up(keys_dir, settings):
    settings.DEVELOPMENT = False

    first_users()

    assert not User.objects.exists()


def test_without_a_place_for_the_password_there_is_no_administrator(keys_dir):
    keys_dir.parent.mkdir(exist_ok=True)
    keys_dir.write_text("a file where the folder should be")

    with pytest.raises(OSError, match="keys"):
        first_users()

    assert not User.objects.exists()


def test_passwords_are_added_to_those_kept(keys_dir):
    keep_passwords({"one": "1"})
    keep_passwords({"two": "2"})

    assert json.loads(passwords_file().read_text()) == {"one": "1", "two": "2"}
    assert [path.name for path in keys_dir.iterdir()] == ["generated-passwords.json"]


@pytest.mark.parametrize("role", [None, *Role])
def test_a_created_user_is_in_the_group_of_the_role(role):
    password = create_user(username="olga", name="Olga Owner", role=role)

    user = User.objects.get()
    assert user.check_password(password)
    assert len(password) >= 16
    assert list(user.groups.values_list("name", flat=True)) == ([role.value] if role else [])
    assert user.is_staff == (role in STAFF)
    assert (user.first_name, user.last_name, user.is_superuser) == ("Olga", "Owner", False)
