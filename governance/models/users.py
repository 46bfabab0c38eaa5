"""The portal's own user model, from the first migration on."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models.tracked import Whole, records


class UserDeletionRefused(Exception):
    """Users are deactivated, never deleted: history and ledger name them for good."""

    def __init__(self) -> None:
        super().__init__(str(_("Users are deactivated, never deleted: the history names them for good.")))


class UserQuerySet(models.QuerySet["User"]):
    """Users; deleting them is refused."""

    def delete(self) -> Any:
        """Refuse.

        Raises:
            UserDeletionRefused: always.
        """
        raise UserDeletionRefused


class PeopleManager(UserManager["User"]):
    """Django's own manager over our queryset."""

    def get_queryset(self) -> UserQuerySet:
        """Users that cannot be deleted in bulk either."""
        return UserQuerySet(self.model, using=self._db)


class User(Whole, AbstractUser):
    """A person or a platform that signs in."""

    objects: ClassVar[PeopleManager] = PeopleManager()
    history = records(excluded_fields=["password", "last_login"])

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]
        verbose_name_plural = _("users")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse.

        Raises:
            UserDeletionRefused: always.
        """
        raise UserDeletionRefused
