"""Who a plugin belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models import Tracked

if TYPE_CHECKING:
    from governance.models import User


class OwnerTeamQuerySet(models.QuerySet["OwnerTeam"]):
    """Owner teams."""

    def of(self, user: User) -> OwnerTeamQuerySet:
        """The teams a user is a member of."""
        return self.filter(members=user)


class OwnerTeam(Tracked):
    """The people who answer for a set of plugins. Its group holds the guardian permissions on them."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    contact = models.EmailField(_("contact"), blank=True, help_text=_("Where notices about its plugins go."))
    group = models.OneToOneField(
        Group, models.PROTECT, related_name="owner_team", verbose_name=_("group"), editable=False
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="owner_teams", verbose_name=_("members"), blank=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = OwnerTeamQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("owner team")
        verbose_name_plural = _("owner teams")

    def __str__(self) -> str:
        return self.name
