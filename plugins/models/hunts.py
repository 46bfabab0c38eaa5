"""Hunts: one revision of a detection rule looked for in what is stored, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked
from plugins.enums import HUNT_OPEN, HuntScope, HuntState
from plugins.models.detection import DetectionRule
from plugins.models.evidence import at
from plugins.models.plugins import PluginVersion

if TYPE_CHECKING:
    from datetime import datetime


class HuntQuerySet(models.QuerySet["Hunt"]):
    """Hunts."""

    def unfinished(self) -> HuntQuerySet:
        """Those queued or running."""
        return self.filter(state__in=HUNT_OPEN)


class Hunt(ConcurrentTransitionMixin, Tracked):
    """One look through stored versions for one revision. The counters keep no lineage, like a run's progress."""

    rule = models.ForeignKey(DetectionRule, models.PROTECT, related_name="hunts", verbose_name=_("rule"))
    rule_digest = models.CharField(
        _("digest of the rule"), max_length=64, help_text=_("A draft that changes meanwhile ends the hunt.")
    )
    scope = models.CharField(_("scope"), max_length=10, choices=HuntScope, default=HuntScope.ALL)
    state = FSMField(_("state"), choices=HuntState.choices, default=HuntState.QUEUED, protected=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="hunts",
        verbose_name=_("asked for by"),
        null=True,
        blank=True,
    )
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it ended as it did, in a sentence."))
    total = models.PositiveIntegerField(_("versions"), default=0)
    done = models.PositiveIntegerField(_("looked at"), default=0)
    hit_versions = models.PositiveIntegerField(_("versions hit"), default=0)
    errors = models.PositiveIntegerField(_("not answered"), default=0)
    revalidated_at = models.DateTimeField(_("revalidations asked for"), null=True, blank=True)

    objects = HuntQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("hunt")
        verbose_name_plural = _("hunts")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=HuntState.values), name="hunt_state_known"),
            models.UniqueConstraint(
                fields=["rule"], condition=models.Q(state__in=list(HUNT_OPEN)), name="hunt_one_open_a_rule"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.queued_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.state in HUNT_OPEN

    @transition(field=state, source=HuntState.QUEUED, target=HuntState.RUNNING)
    def start(self) -> None:
        """A worker has taken its first batch up."""

    @transition(field=state, source=HuntState.RUNNING, target=HuntState.DONE)
    def finish(self) -> None:
        """Every version was looked at, or is listed as not answered."""

    @transition(field=state, source=[HuntState.QUEUED, HuntState.RUNNING], target=HuntState.CANCELLED)
    def cancel(self) -> None:
        """Somebody stopped it; what was found so far stays."""

    @transition(field=state, source=[HuntState.QUEUED, HuntState.RUNNING], target=HuntState.FAILED)
    def fail(self) -> None:
        """It cannot go on; the reason says why."""


class HuntBatchQuerySet(models.QuerySet["HuntBatch"]):
    """Batches."""

    def unfinished(self) -> HuntBatchQuerySet:
        """Those queued or running."""
        return self.filter(state__in=HUNT_OPEN)

    def waiting(self) -> HuntBatchQuerySet:
        """Those whose turn has not come, in the order of their hunts."""
        return self.filter(state=HuntState.QUEUED, released_at=None).order_by("hunt_id", "number")

    def under_way(self) -> HuntBatchQuerySet:
        """Those handed to the workers and not ended."""
        return self.unfinished().exclude(released_at=None)

    def lost(self, now: datetime) -> HuntBatchQuerySet:
        """Those whose worker stopped renewing its lease, or that were never taken up though it was their turn."""
        return self.under_way().filter(lease_until__lt=now)


class HuntBatch(models.Model):
    """A few versions of a hunt: a row before it is a task, with its lease. Its results are written with its end."""

    hunt = models.ForeignKey(Hunt, models.PROTECT, related_name="batches", verbose_name=_("hunt"))
    number = models.PositiveIntegerField(_("number"))
    versions: models.JSONField[Any, Any] = models.JSONField(_("versions"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=HuntState, default=HuntState.QUEUED)
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    released_at = models.DateTimeField(_("handed to the workers"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    objects = HuntBatchQuerySet.as_manager()

    class Meta:
        ordering = ("hunt_id", "number")
        verbose_name = _("batch of a hunt")
        verbose_name_plural = _("batches of hunts")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["hunt", "number"], name="batch_number_once_a_hunt")]
        indexes = [models.Index(fields=["state", "lease_until"], name="batch_lease")]

    def __str__(self) -> str:
        return f"{self.hunt} #{self.number}"


class HuntResult(models.Model):
    """A row about a version in a hunt; never changed."""

    append_only = True

    class Meta:
        abstract = True
        ordering = ("id",)
        default_permissions = ("view",)


class HuntHit(HuntResult):
    """A place at which the rule hits."""

    hunt = models.ForeignKey(Hunt, models.PROTECT, related_name="hits", verbose_name=_("hunt"))
    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="hunt_hits", verbose_name=_("version"))
    path = models.CharField(_("file"), max_length=1024, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)
    excerpt = models.CharField(_("excerpt"), max_length=300, blank=True)
    more = models.PositiveIntegerField(
        _("further hits"), default=0, help_text=_("In the same version, counted and not kept.")
    )

    class Meta(HuntResult.Meta):
        verbose_name = _("hit of a hunt")
        verbose_name_plural = _("hits of hunts")
        indexes = [models.Index(fields=["hunt", "version"], name="hunt_hit_version")]

    def __str__(self) -> str:
        return f"{self.version} {self.path}{at(self.line)}"


class HuntGap(HuntResult):
    """A version that was not answered, or not in full: it is not clean, it is not known."""

    hunt = models.ForeignKey(Hunt, models.PROTECT, related_name="gaps", verbose_name=_("hunt"))
    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="hunt_gaps", verbose_name=_("version"))
    reason = models.CharField(_("reason"), max_length=500)

    class Meta(HuntResult.Meta):
        verbose_name = _("gap of a hunt")
        verbose_name_plural = _("gaps of hunts")
        constraints = [models.UniqueConstraint(fields=["hunt", "version"], name="gap_once_a_hunt")]

    def __str__(self) -> str:
        return f"{self.version}: {self.reason}"
