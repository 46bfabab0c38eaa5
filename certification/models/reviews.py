"""Human work on a version, and the decisions that end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from certification.enums import REVIEW_OPEN, DecisionOutcome, ReviewKind, ReviewState
from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Criterion, Tracked
from plugins.enums import Outcome
from plugins.models import PluginVersion, VettingRun

if TYPE_CHECKING:
    from datetime import date

    from governance.models import User


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reviews."""

    def pending(self) -> ReviewQuerySet:
        """Those waiting for somebody."""
        return self.filter(state__in=REVIEW_OPEN)

    def overdue(self, today: date) -> ReviewQuerySet:
        """Those past their due date."""
        return self.pending().filter(due_on__lt=today)

    def open_to(self, user: User) -> ReviewQuerySet:
        """Those that are not the user's own, as `plugins.interests.own_interest` has it."""
        return self.exclude(version__plugin__team__members=user).exclude(version__submissions__submitted_by=user)


class Review(ConcurrentTransitionMixin, Tracked):
    """One reviewer's work on one vetted version."""

    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="reviews", verbose_name=_("version"))
    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="reviews", verbose_name=_("vetting run"))
    kind = models.CharField(_("kind"), max_length=20, choices=ReviewKind, default=ReviewKind.INITIAL)
    state = FSMField(_("state"), choices=ReviewState.choices, default=ReviewState.OPEN, protected=True, editable=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="reviews",
        verbose_name=_("reviewer"),
        null=True,
        blank=True,
    )
    opened_at = models.DateTimeField(_("opened"), auto_now_add=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    due_on = models.DateField(_("due on"))

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        permissions = [
            ("claim_review", _("Can claim reviews")),
            ("decide_review", _("Can decide reviews")),
            ("reassign_review", _("Can take reviews over from others")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ReviewState.values), name="review_state_known"),
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(state__in=list(REVIEW_OPEN)), name="review_one_open_a_version"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ReviewState.CLAIMED) | models.Q(reviewer__isnull=False),
                name="review_claimed_has_reviewer",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="review_queue")]

    def __str__(self) -> str:
        return str(self.version)

    def is_overdue(self, today: date) -> bool:
        """Whether somebody should have decided before this day."""
        return self.state in REVIEW_OPEN and self.due_on < today

    @transition(field=state, source=[ReviewState.OPEN, ReviewState.CLAIMED], target=ReviewState.CLAIMED)
    def claim(self) -> None:
        """A reviewer takes it, or takes it over."""

    @transition(field=state, source=ReviewState.CLAIMED, target=ReviewState.OPEN)
    def release(self) -> None:
        """Back into the queue."""

    @transition(field=state, source=ReviewState.CLAIMED, target=ReviewState.SECOND_APPROVAL)
    def await_second_approval(self) -> None:
        """One approval is in and the tier asks for another person's."""

    @transition(field=state, source=[ReviewState.CLAIMED, ReviewState.SECOND_APPROVAL], target=ReviewState.DECIDED)
    def decide(self) -> None:
        """A decision ends it."""

    @transition(
        field=state,
        source=list(REVIEW_OPEN),
        target=ReviewState.CLOSED,
    )
    def close(self) -> None:
        """Overtaken: withdrawn, or vetted again."""


class CriterionAnswer(Tracked):
    """A reviewer's answer to a criterion no check can answer."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="answers", verbose_name=_("review"))
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="answers", verbose_name=_("criterion"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    note = models.TextField(_("evidence seen"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("answered by")
    )

    class Meta:
        ordering = ("criterion__position",)
        verbose_name = _("criterion answer")
        verbose_name_plural = _("criterion answers")
        constraints = [models.UniqueConstraint(fields=["review", "criterion"], name="answer_once_a_review")]

    def __str__(self) -> str:
        return f"{self.criterion.code}: {self.outcome}"


class Decision(Tracked):
    """What one reviewer decided and why; never changed afterwards."""

    append_only = True

    review = models.ForeignKey(Review, models.PROTECT, related_name="decisions", verbose_name=_("review"))
    outcome = models.CharField(_("decision"), max_length=20, choices=DecisionOutcome)
    reason = models.TextField(_("reason"))
    conditions = models.TextField(
        _("conditions"), blank=True, help_text=_("What the platform must keep to; goes into the certificate.")
    )
    criteria = models.ManyToManyField(Criterion, related_name="decisions", verbose_name=_("criteria cited"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        ordering = ("decided_at", "id")
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=DecisionOutcome.values), name="decision_known"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="decision_has_reason"),
            models.UniqueConstraint(fields=["review", "decided_by"], name="decision_once_a_reviewer"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}: {self.review}"
