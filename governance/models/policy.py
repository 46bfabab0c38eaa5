"""The living policy: versions of it, and the criteria each holds."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models.tracked import Tracked


class PolicyState(models.TextChoices):
    """States of a policy version."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Policy versions."""

    def published(self) -> PolicyVersionQuerySet:
        """The one version in force, if any."""
        return self.filter(state=PolicyState.PUBLISHED)


class PolicyVersion(ConcurrentTransitionMixin, Tracked):
    """One version of the policy. Its rules are immutable once it is published."""

    version = models.CharField(_("version"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("change summary"), blank=True)
    state = FSMField(_("state"), choices=PolicyState.choices, default=PolicyState.DRAFT, protected=True, editable=False)
    rules = models.JSONField(_("rules"), help_text=_("Tiers, weights, check switches and criteria as data."))
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    effective_on = models.DateField(_("effective from"), null=True, blank=True)
    review_by = models.DateField(_("review by"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-published_at", "-id")
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        permissions = [
            ("publish_policyversion", _("Can publish policy versions")),
            ("view_dashboard", _("Can see the risk dashboards")),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=PolicyState.values), name="policy_state_known"),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=PolicyState.PUBLISHED), name="policy_one_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.IN_REVIEW)
    def send_to_review(self) -> None:
        """Close the draft for editing."""

    @transition(field=state, source=PolicyState.IN_REVIEW, target=PolicyState.DRAFT)
    def send_back(self) -> None:
        """Open it for editing again."""

    @transition(field=state, source=PolicyState.IN_REVIEW, target=PolicyState.PUBLISHED)
    def publish(self) -> None:
        """Put it in force; the caller retires the version before."""

    @transition(field=state, source=PolicyState.PUBLISHED, target=PolicyState.RETIRED)
    def retire(self) -> None:
        """Take it out of force."""


class CriterionKind(models.TextChoices):
    """How a criterion is answered."""

    CHECK = "check", _("Automatic check")
    EXPRESSION = "expression", _("Automatic rule")
    MANUAL = "manual", _("Answered by a reviewer")
    ATTESTATION = "attestation", _("Declared by the owner")


class Criterion(Tracked):
    """One thing the policy asks of a plugin, as decisions cite it. The rules of its policy version are the source."""

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="criteria", verbose_name=_("policy version"))
    code = models.CharField(_("code"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    category = models.CharField(_("category"), max_length=80)
    statement = models.TextField(_("statement"))
    reason = models.TextField(_("reason"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=CriterionKind.choices)
    blocking = models.BooleanField(_("blocking"), default=False)
    remediation = models.TextField(_("remediation"), blank=True)
    deadline_days = models.PositiveIntegerField(_("deadline in days"), default=30)
    mapping: models.JSONField[Any, Any] = models.JSONField(_("mapping to frameworks"), default=list)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        ordering = ("policy", "position")
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [
            models.UniqueConstraint(fields=["policy", "code"], name="criterion_code_once_a_policy"),
            models.CheckConstraint(condition=models.Q(kind__in=CriterionKind.values), name="criterion_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.title}"
