"""People, their rights and teams."""

import datetime as dt
import hashlib

import factory
from django.contrib.auth.models import Group
from django.utils import timezone

from governance.models import ApiToken, User
from governance.roles import PERMISSIONS, STAFF, Role, permissions_named
from governance.tokens import Scope, fingerprint, mint
from plugins.models import (
    OwnerTeam,
)

PASSWORD = "correct horse battery staple"


def digest(text):
    """The SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def linked(links, **columns):
    """Link two rows as if they had always been: without the event that a change of rights leaves in the ledger."""
    links.through.objects.bulk_create([links.through(**columns)], ignore_conflicts=True)


def grant(user, *names):
    """Give a user model permissions; the user is read again, since Django caches them."""
    for permission in permissions_named(names):
        linked(User.user_permissions, user_id=user.pk, permission_id=permission.pk)
    return User.objects.get(pk=user.pk)


class UserFactory(factory.django.DjangoModelFactory):
    """A person; `role` puts them into that role's group and lets staff into the admin. Use `client.force_login`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("user{}".format)
    first_name = factory.Sequence("Ada {}".format)
    last_name = "Lovelace"
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = "!unusable"

    @factory.post_generation
    def role(self, create, extracted, **_kwargs):
        if not create or extracted is None:
            return
        group, created = Group.objects.get_or_create(name=Role(extracted).value)
        if created or not group.permissions.exists():
            for permission in permissions_named(PERMISSIONS[Role(extracted)]):
                linked(Group.permissions, group_id=group.pk, permission_id=permission.pk)
        linked(User.groups, user_id=self.pk, group_id=group.pk)
        if extracted in STAFF and not self.is_staff:
            self.is_staff = True
            self.save(update_fields=["is_staff"])

    @factory.post_generation
    def login_password(self, create, extracted, **_kwargs):
        """A password that works, where a test signs in through the form; slow, so only on demand."""
        if create and extracted:
            self.set_password(extracted)
            self.save(update_fields=["password"])


class ApiTokenFactory(factory.django.DjangoModelFactory):
    """A platform's token, good for everything. `text` is what a request brings: `ApiTokenFactory(text=mint())`."""

    class Meta:
        model = ApiToken
        exclude = ("text",)

    text = factory.LazyFunction(mint)
    name = factory.Sequence("platform {}".format)
    user = factory.SubFactory(UserFactory, role=Role.PLATFORM)
    scopes = [scope.value for scope in Scope]
    digest = factory.LazyAttribute(lambda token: fingerprint(token.text))
    ending = factory.LazyAttribute(lambda token: token.text[-4:])
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=30))


class OwnerTeamFactory(factory.django.DjangoModelFactory):
    """A team; `members=[user]` adds people and puts them into its group, as the service does."""

    class Meta:
        model = OwnerTeam
        skip_postgeneration_save = True

    name = factory.Sequence("Team {}".format)
    contact = "team@example.org"
    group = factory.LazyAttribute(lambda team: Group.objects.create(name=f"team: {team.name}"))

    @factory.post_generation
    def members(self, create, extracted, **_kwargs):
        for user in extracted or () if create else ():
            self.members.add(user)
            linked(User.groups, user_id=user.pk, group_id=self.group_id)
