"""A vetting run: a row before it is a task, with its lease, its progress and its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import PolicyVersion, Tracked
from governance.models.choices import choices
from governance.vocabulary import Tier
from plugins.enums import RUN_ENDED, RUN_OPEN, SWEEPS, RunState, Trigger
from plugins.models.plugins import PluginVersion

if TYPE_CHECKING:
    from datetime import datetime


class VettingRunQuerySet(models.QuerySet["VettingRun"]):
    """Vetting runs."""

    def ended(self) -> VettingRunQuerySet:
        """Those with a result, good or bad."""
        return self.filter(state__in=RUN_ENDED)

    def unfinished(self) -> VettingRunQuerySet:
        """Those queued or running."""
        return self.filter(state__in=RUN_OPEN)

    def lost(self, now: datetime) -> VettingRunQuerySet:
        """Those whose worker stopped renewing its lease, or that were never taken up though it was their turn."""
        return (
            self.unfinished()
            .filter(lease_until__lt=now)
            .exclude(state=RunState.QUEUED, released_at=None, trigger__in=SWEEPS)
        )

    def of_sweeps(self) -> VettingRunQuerySet:
        """Those the portal itself asked for; nobody sits and waits for them."""
        return self.filter(trigger__in=SWEEPS)

    def waiting(self) -> VettingRunQuerySet:
        """Those of sweeps whose turn has not come; oldest first."""
        return self.of_sweeps().filter(state=RunState.QUEUED, released_at=None).order_by("queued_at", "pk")


class VettingRun(ConcurrentTransitionMixin, Tracked):
    """One pass of all checks over one version."""

    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="runs", verbose_name=_("version"))
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="runs", verbose_name=_("policy version"), null=True, blank=True
    )
    trigger = models.CharField(_("trigger"), max_length=20, choices=Trigger, default=Trigger.SUBMISSION)
    state = FSMField(_("state"), choices=RunState.choices, default=RunState.QUEUED, protected=True, editable=False)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it ended as it did, in a sentence."))
    queued_at = models.DateTimeField(_("queued"), auto_now_add=True)
    released_at = models.DateTimeField(
        _("handed to the workers"), null=True, blank=True, help_text=_("A sweep's runs wait for their turn before.")
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease until"), help_text=_("Past it, the watchdog queues the run again."))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    progress: models.JSONField[Any, Any] = models.JSONField(
        _("progress"), default=dict, help_text=_("Status of each check while it runs; no lineage is kept of it.")
    )
    score = models.PositiveSmallIntegerField(_("risk score"), null=True, blank=True)
    tier = models.CharField(_("risk tier"), max_length=10, choices=choices(Tier), blank=True)
    report: models.JSONField[Any, Any] = models.JSONField(
        _("report"), null=True, blank=True, help_text=_("The whole result as plugwarden.vetting/v1.")
    )
    report_sha256 = models.CharField(_("digest of the report"), max_length=64, blank=True)

    write_once = ("version_id", "policy_id", "trigger", "queued_at", "report", "score", "finished_at")
    objects = VettingRunQuerySet.as_manager()

    class Meta:
        ordering = ("-queued_at", "-id")
        verbose_name = _("vetting run")
        verbose_name_plural = _("vetting runs")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="run_state_known"),
            models.UniqueConstraint(
                fields=["version"], condition=models.Q(state__in=list(RUN_OPEN)), name="run_one_open_a_version"
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_lease")]

    def __str__(self) -> str:
        return f"{self.version} · {self.queued_at:%Y-%m-%d %H:%M}"

    @transition(field=state, source=[RunState.QUEUED, RunState.RUNNING], target=RunState.RUNNING)
    def start(self) -> None:
        """A worker has taken it up, or taken it over from one that was lost."""

    @transition(field=state, source=RunState.RUNNING, target=RunState.PASSED)
    def conclude_passed(self) -> None:
        """Every required check answered, nothing at or above the threshold."""

    @transition(field=state, source=RunState.RUNNING, target=RunState.FAILED)
    def conclude_failed(self) -> None:
        """Every required check answered, and something blocks."""

    @transition(field=state, source=RunState.RUNNING, target=RunState.INCONCLUSIVE)
    def conclude_inconclusive(self) -> None:
        """A required check gave no result."""

    @transition(field=state, source=[RunState.QUEUED, RunState.RUNNING], target=RunState.ERRORED)
    def fail_with_error(self) -> None:
        """The run itself broke, as often as it may be tried."""

    @transition(field=state, source=[RunState.QUEUED, RunState.RUNNING], target=RunState.CANCELLED)
    def cancel(self) -> None:
        """Somebody stopped it."""
