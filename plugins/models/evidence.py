"""What a run found. Evidence never changes: these tables are append-only, so they need no history beside them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.models import Criterion
from governance.models.choices import choices
from governance.vocabulary import CheckStatus, FindingState, Severity
from plugins.enums import Outcome
from plugins.models.runs import VettingRun
from plugins.rule_sets import RuleSetFacts, rule_set_of


def at(line: int) -> str:
    """A line's part in naming a place; a file as a whole has none."""
    return f":{line}" if line else ""


class Evidence(models.Model):
    """A row that belongs to a run and stays as it was written."""

    append_only = True

    class Meta:
        abstract = True
        ordering = ("id",)
        default_permissions = ("view",)


class CheckRun(Evidence):
    """One check of a run: its conclusion and how much it looked at."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="checks", verbose_name=_("run"))
    code = models.CharField(_("check"), max_length=40)
    status = models.CharField(_("status"), max_length=20, choices=choices(CheckStatus))
    reason = models.TextField(_("reason"))
    engine = models.CharField(_("engine"), max_length=120, blank=True)
    engine_version = models.CharField(_("engine version"), max_length=120, blank=True)
    examined = models.PositiveIntegerField(_("examined"), help_text=_("How many files or items it looked at."))
    duration_ms = models.PositiveIntegerField(_("duration in ms"))
    evidence: models.JSONField[Any, Any] = models.JSONField(_("evidence"), default=dict)

    class Meta(Evidence.Meta):
        verbose_name = _("check run")
        verbose_name_plural = _("check runs")
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="check_once_a_run")]

    def __str__(self) -> str:
        return f"{self.code.capitalize()}: {self.get_status_display()}"

    @property
    def rule_set(self) -> RuleSetFacts | None:
        """The rule set it judged by, where it names one."""
        return rule_set_of(self.evidence)


class Finding(Evidence):
    """One thing wrong at one place; the fingerprint is its identity across runs and versions."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="findings", verbose_name=_("run"))
    check_code = models.CharField(_("check"), max_length=40)
    rule = models.CharField(_("rule"), max_length=120)
    severity = models.CharField(_("severity"), max_length=10, choices=choices(Severity))
    title = models.CharField(_("title"), max_length=400)
    path = models.CharField(_("file"), max_length=1024, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)
    snippet = models.TextField(_("snippet"), blank=True)
    detail = models.TextField(_("detail"), blank=True)
    remediation = models.TextField(_("how to fix"), blank=True)
    cwe = models.CharField(_("CWE"), max_length=20, blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, db_index=True)
    likeness = models.CharField(
        _("likeness"), max_length=64, blank=True, help_text=_("What it is, wherever it stands in the package.")
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=choices(FindingState),
        default=FindingState.NEW,
        help_text=_("Against the runs before."),
    )
    issue = models.ForeignKey(
        "Issue", models.PROTECT, related_name="findings", verbose_name=_("issue"), null=True, blank=True
    )
    waiver = models.CharField(
        _("waived by"),
        max_length=40,
        blank=True,
        help_text=_("The waiver or file decision that took it out of the count."),
    )
    waived_until = models.CharField(_("waived until"), max_length=10, blank=True)

    class Meta(Evidence.Meta):
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        indexes = [models.Index(fields=["run", "severity"], name="finding_run_severity")]

    def __str__(self) -> str:
        return f"{self.rule} {self.path}{at(self.line)}"


class Observation(Evidence):
    """A capability used, or a host named, at one place."""

    class Kind(models.TextChoices):
        """What was observed."""

        CAPABILITY = "capability", _("Capability")
        HOST = "host", _("Host")
        MENTIONED = "mentioned", _("Mentioned host")

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="observations", verbose_name=_("run"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.CharField(_("value"), max_length=260)
    path = models.CharField(_("file"), max_length=1024, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)
    snippet = models.TextField(_("snippet"), blank=True)
    dynamic = models.BooleanField(
        _("when run"), default=False, help_text=_("Seen when the plugin ran in the sandbox, not read in its code.")
    )

    class Meta(Evidence.Meta):
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        indexes = [models.Index(fields=["run", "kind", "value"], name="observation_run_kind")]

    def __str__(self) -> str:
        return f"{self.value} {self.path}{at(self.line)}"


class Component(Evidence):
    """A dependency of a version as a run saw it; advisories are matched against these rows."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="components", verbose_name=_("run"))
    ecosystem = models.CharField(_("ecosystem"), max_length=20)
    name = models.CharField(_("name"), max_length=214)
    requirement = models.CharField(_("requirement"), max_length=500, blank=True)
    pinned = models.CharField(_("pinned version"), max_length=120, blank=True)
    scope = models.CharField(_("scope"), max_length=20)
    direct = models.BooleanField(_("direct"), default=True)
    purl = models.CharField(_("package URL"), max_length=400)
    advisories: models.JSONField[Any, Any] = models.JSONField(_("advisories"), default=list)

    class Meta(Evidence.Meta):
        verbose_name = _("component")
        verbose_name_plural = _("components")
        indexes = [models.Index(fields=["ecosystem", "name"], name="component_name")]

    def __str__(self) -> str:
        return self.purl


class CriterionResult(Evidence):
    """How one criterion of the policy came out in a run."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="criteria", verbose_name=_("run"))
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="results", verbose_name=_("criterion"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    explanation = models.TextField(_("explanation"))
    evidence: models.JSONField[Any, Any] = models.JSONField(_("evidence"), default=list)

    class Meta(Evidence.Meta):
        verbose_name = _("criterion result")
        verbose_name_plural = _("criterion results")
        constraints = [models.UniqueConstraint(fields=["run", "criterion"], name="criterion_once_a_run")]

    def __str__(self) -> str:
        return f"{self.criterion}: {self.get_outcome_display()}"
