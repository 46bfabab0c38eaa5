"""Findings accepted until a date, and files decided about for all plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked
from plugins.enums import WAIVER_OPEN, FileVerdict, RulingState, WaiverState
from plugins.models.issues import Issue

if TYPE_CHECKING:
    from datetime import date


class WaiverQuerySet(models.QuerySet["Waiver"]):
    """Questions about waivers."""

    def in_force(self, today: date) -> WaiverQuerySet:
        """Those that take a finding out of the count today, whether or not the nightly task has moved them yet."""
        return self.filter(
            state__in=[WaiverState.APPROVED, WaiverState.ACTIVE], starts_on__lte=today, ends_on__gte=today
        )

    def due(self, today: date) -> WaiverQuerySet:
        """Those whose day of beginning or end has come without their state saying so."""
        return self.filter(
            models.Q(state=WaiverState.APPROVED, starts_on__lte=today)
            | models.Q(state__in=[WaiverState.PROPOSED, WaiverState.APPROVED, WaiverState.ACTIVE], ends_on__lt=today)
        )


class Waiver(ConcurrentTransitionMixin, Tracked):
    """Accepts one issue of one plugin until a date. Who asks is never who approves."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="waivers", verbose_name=_("issue"))
    state = FSMField(
        _("state"), choices=WaiverState.choices, default=WaiverState.PROPOSED, protected=True, editable=False
    )
    reason = models.TextField(_("reason"), max_length=4000, help_text=_("Why it may stay although it was found."))
    measures = models.TextField(
        _("compensating measures"), max_length=4000, blank=True, help_text=_("What keeps it harmless until then.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(
        _("until"), help_text=_("The last day it holds. Longer than the policy allows is refused.")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="waivers_requested", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="waivers_decided",
        verbose_name=_("decided by"),
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    outcome = models.TextField(_("words of the decision"), max_length=4000, blank=True)

    write_once = ("issue_id", "reason", "measures", "starts_on", "ends_on", "requested_by_id", "requested_at")
    objects = WaiverQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        default_permissions = ("view",)
        permissions = [("propose_waiver", _("Can propose waivers")), ("decide_waiver", _("Can decide waivers"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=WaiverState.values), name="waiver_state_known"),
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="waiver_ends_after"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="waiver_has_reason"),
            models.CheckConstraint(
                condition=models.Q(state__in=[WaiverState.PROPOSED, WaiverState.EXPIRED, WaiverState.WITHDRAWN])
                | models.Q(decided_by__isnull=False),
                name="waiver_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("requested_by"))
                | models.Q(state=WaiverState.REVOKED),
                name="waiver_four_eyes",
            ),
            models.UniqueConstraint(
                fields=["issue"], condition=models.Q(state__in=list(WAIVER_OPEN)), name="waiver_one_open_an_issue"
            ),
        ]
        indexes = [models.Index(fields=["state", "ends_on"], name="waiver_due")]

    def __str__(self) -> str:
        return f"W-{self.pk}"

    @transition(field=state, source=WaiverState.PROPOSED, target=WaiverState.APPROVED)
    def approve(self) -> None:
        """Another person agrees; it holds from its first day on."""

    @transition(field=state, source=WaiverState.PROPOSED, target=WaiverState.DECLINED)
    def decline(self) -> None:
        """Another person does not agree."""

    @transition(field=state, source=WaiverState.PROPOSED, target=WaiverState.WITHDRAWN)
    def withdraw(self) -> None:
        """Who asked for it takes it back."""

    @transition(field=state, source=WaiverState.APPROVED, target=WaiverState.ACTIVE)
    def activate(self) -> None:
        """Its first day has come."""

    @transition(
        field=state,
        source=[WaiverState.PROPOSED, WaiverState.APPROVED, WaiverState.ACTIVE],
        target=WaiverState.EXPIRED,
    )
    def expire(self) -> None:
        """Its last day is over."""

    @transition(field=state, source=[WaiverState.APPROVED, WaiverState.ACTIVE], target=WaiverState.REVOKED)
    def revoke(self) -> None:
        """It is taken back before its end; the finding counts again."""


class FileDecisionQuerySet(models.QuerySet["FileDecision"]):
    """Questions about decided files."""

    def in_force(self, today: date) -> FileDecisionQuerySet:
        """Those that hold today."""
        return self.filter(state=RulingState.ACTIVE).filter(
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=today)
        )


class FileDecision(ConcurrentTransitionMixin, Tracked):
    """These very bytes are blocked, or allowed, in every plugin that ships them.

    A block holds at once. An allowance takes findings out of the count and so needs a second person and an end.
    """

    sha256 = models.CharField(
        _("SHA-256"),
        max_length=64,
        validators=[RegexValidator(r"\A[0-9a-f]{64}\Z", _("64 hexadecimal digits in lower case."))],
        help_text=_("Of the file itself, as the list of shipped files shows it."),
    )
    verdict = models.CharField(_("decision"), max_length=10, choices=FileVerdict)
    state = FSMField(
        _("state"), choices=RulingState.choices, default=RulingState.PROPOSED, protected=True, editable=False
    )
    reason = models.TextField(_("reason"), max_length=4000)
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day it holds."))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("decided by"), null=True, blank=True
    )

    write_once = ("sha256", "verdict", "reason", "ends_on", "requested_by_id", "requested_at")
    objects = FileDecisionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("file decision")
        verbose_name_plural = _("file decisions")
        default_permissions = ("view",)
        permissions = [("decide_file", _("Can block and allow files"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RulingState.values), name="filedecision_state_known"),
            models.CheckConstraint(condition=models.Q(verdict__in=FileVerdict.values), name="filedecision_known"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="filedecision_has_reason"),
            models.CheckConstraint(
                condition=models.Q(verdict=FileVerdict.BLOCK) | models.Q(ends_on__isnull=False),
                name="filedecision_allowance_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict=FileVerdict.BLOCK)
                | ~models.Q(state=RulingState.ACTIVE)
                | (models.Q(decided_by__isnull=False) & ~models.Q(decided_by=models.F("requested_by"))),
                name="filedecision_four_eyes",
            ),
            models.UniqueConstraint(
                fields=["sha256"],
                condition=models.Q(state__in=[RulingState.PROPOSED, RulingState.ACTIVE]),
                name="filedecision_one_a_file",
            ),
        ]

    def __str__(self) -> str:
        return f"F-{self.pk}"

    @transition(field=state, source=RulingState.PROPOSED, target=RulingState.ACTIVE)
    def activate(self) -> None:
        """It holds from now on."""

    @transition(field=state, source=[RulingState.PROPOSED, RulingState.ACTIVE], target=RulingState.ENDED)
    def end(self) -> None:
        """It was declined, revoked, or has run out."""
