"""Recalls: what platforms have to stop running, and which of them have said that they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.enums import RecallState
from certification.models.certificates import Certificate
from governance.models import ApiToken, User
from governance.roles import Role

if TYPE_CHECKING:
    from datetime import datetime


class RecallQuerySet(models.QuerySet["Recall"]):
    """Recalls; time is always an argument."""

    def open_at(self, now: datetime) -> RecallQuerySet:
        """Those that hold: the newest of their certificate, which still is in that state and has not run out."""
        later = Recall.objects.filter(certificate=OuterRef("certificate"), pk__gt=OuterRef("pk"))
        holding = self.filter(certificate__state=F("state"), certificate__not_after__gt=now)
        return holding.filter(~Exists(later))

    def waiting(self) -> RecallQuerySet:
        """Those that some platform has not acknowledged."""
        given = Acknowledgement.objects.filter(recall=OuterRef(OuterRef("pk")), user=OuterRef("pk"))
        silent = User.objects.filter(is_active=True, groups__name=Role.PLATFORM.value, date_joined__lte=OuterRef("at"))
        return self.filter(Exists(silent.filter(~Exists(given))))

    def asked_of(self, user: User) -> RecallQuerySet:
        """Those a platform has to acknowledge and has not: none of before it took part."""
        given = Acknowledgement.objects.filter(recall=OuterRef("pk"), user=user)
        return self.filter(~Exists(given), at__gte=user.date_joined)


class Recall(models.Model):
    """A certificate was suspended or revoked: every platform that may have the artifact is asked to stop running it."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="recalls", verbose_name=_("certificate"))
    state = models.CharField(_("state"), max_length=20, choices=RecallState)
    at = models.DateTimeField(_("since"), default=timezone.now)

    append_only = True
    objects = RecallQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("recall")
        verbose_name_plural = _("recalls")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RecallState.values), name="recall_state_known")
        ]

    def __str__(self) -> str:
        return f"R-{self.pk}"


class Acknowledgement(models.Model):
    """A platform says that it has taken a recall into account."""

    recall = models.ForeignKey(Recall, models.PROTECT, related_name="acknowledgements", verbose_name=_("recall"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("platform"))
    token = models.ForeignKey(ApiToken, models.PROTECT, related_name="+", verbose_name=_("token"))
    at = models.DateTimeField(_("acknowledged"), default=timezone.now)

    append_only = True

    class Meta:
        ordering = ("id",)
        verbose_name = _("acknowledgement")
        verbose_name_plural = _("acknowledgements")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["recall", "user"], name="acknowledgement_once_a_platform")]

    def __str__(self) -> str:
        return f"R-{self.recall_id}, {self.at:%Y-%m-%d %H:%M}"
