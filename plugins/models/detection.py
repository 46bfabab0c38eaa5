"""Detection rules that people write, revision by revision, and what those on trial found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked
from governance.models.choices import choices
from governance.vocabulary import Capability, Severity
from plugins.enums import RULE_IN_USE, RULE_KINDS, RuleState
from plugins.models.evidence import Evidence, at
from plugins.models.runs import VettingRun

if TYPE_CHECKING:
    from governance.models import User

CONTENT = (
    "kind",
    "title",
    "body",
    "languages",
    "files",
    "severity",
    "cwe",
    "message",
    "remediation",
    "capability",
    "why",
    "hits",
    "misses",
)
"""What a revision says; it changes in a draft only."""


class DetectionRuleQuerySet(models.QuerySet["DetectionRule"]):
    """Detection rules."""

    def in_use(self) -> DetectionRuleQuerySet:
        """Those every vetting run looks for, in a stable order."""
        return self.filter(state__in=RULE_IN_USE).order_by("code", "revision")


class DetectionRule(ConcurrentTransitionMixin, Tracked):
    """One revision of a rule. Outside a draft its content never changes: `sealed` holds its digest from then on."""

    code = models.SlugField(
        _("code"), max_length=60, help_text=_("Small letters, digits and dashes; findings are known by it.")
    )
    revision = models.PositiveIntegerField(_("revision"), default=1)
    kind = models.CharField(_("kind"), max_length=12, choices=list(RULE_KINDS.items()))
    title = models.CharField(_("title"), max_length=200, help_text=_("What is wrong where it hits, in a few words."))
    body = models.TextField(_("rule"))
    languages: models.JSONField[Any, Any] = models.JSONField(_("languages"), default=list, blank=True)
    files = models.CharField(
        _("files"), max_length=300, blank=True, help_text=_("Globs, separated by blanks; empty: every file.")
    )
    severity = models.CharField(_("severity"), max_length=10, choices=choices(Severity), default=Severity.HIGH.value)
    cwe = models.CharField(_("CWE"), max_length=20, blank=True)
    message = models.TextField(_("message"), max_length=2000, help_text=_("Why it is bad, for the plugin's owner."))
    remediation = models.TextField(_("how to fix"), max_length=2000)
    capability = models.CharField(_("capability"), max_length=40, choices=choices(Capability), blank=True)
    why = models.TextField(
        _("why"), max_length=2000, help_text=_("The incident, advisory or report it comes from, with its address.")
    )
    hits: models.JSONField[Any, Any] = models.JSONField(_("must hit"), default=list)
    misses: models.JSONField[Any, Any] = models.JSONField(_("must not hit"), default=list)
    state = FSMField(_("state"), choices=RuleState.choices, default=RuleState.DRAFT, protected=True, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="written_rules", verbose_name=_("author")
    )
    written_by: models.JSONField[Any, Any] = models.JSONField(
        _("written by"), default=list, help_text=_("Ids of all who changed the draft; none of them puts it in force.")
    )
    enforced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="enforced_rules",
        verbose_name=_("put in force by"),
        null=True,
        blank=True,
    )
    sealed = models.CharField(_("digest"), max_length=64, null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    tested_at = models.DateTimeField(_("tested"), null=True, blank=True)
    monitored_at = models.DateTimeField(_("monitored since"), null=True, blank=True)
    enforced_at = models.DateTimeField(_("enforced since"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    write_once = (
        "code",
        "revision",
        "author_id",
        "created_at",
        "sealed",
        "monitored_at",
        "enforced_at",
        "enforced_by_id",
        "retired_at",
    )
    objects = DetectionRuleQuerySet.as_manager()

    class Meta:
        ordering = ("code", "-revision")
        verbose_name = _("detection rule")
        verbose_name_plural = _("detection rules")
        permissions = [("enforce_detectionrule", _("Can put detection rules in force and retire them"))]
        constraints = [
            models.UniqueConstraint(fields=["code", "revision"], name="rule_revision_once"),
            models.UniqueConstraint(
                fields=["code", "state"], condition=~models.Q(state=RuleState.RETIRED), name="rule_one_a_state"
            ),
            models.CheckConstraint(condition=models.Q(state__in=RuleState.values), name="rule_state_known"),
            models.CheckConstraint(
                condition=models.Q(state=RuleState.DRAFT) | models.Q(state=RuleState.RETIRED) | ~models.Q(sealed=None),
                name="rule_sealed_in_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}, revision {self.revision}"

    def wrote(self, user: User) -> bool:
        """Whether somebody had a hand in it."""
        return user.pk == self.author_id or user.pk in self.written_by

    @transition(field=state, source=RuleState.DRAFT, target=RuleState.MONITOR)
    def start_monitoring(self) -> None:
        """On trial: it runs with every vetting, and its findings count for nothing."""

    @transition(field=state, source=RuleState.MONITOR, target=RuleState.ENFORCED)
    def enforce(self) -> None:
        """In force: its findings count and block. The revision before is retired."""

    @transition(field=state, source=[RuleState.DRAFT, RuleState.MONITOR, RuleState.ENFORCED], target=RuleState.RETIRED)
    def retire(self) -> None:
        """Out of use for good; a new revision may follow."""


class MonitoredFinding(Evidence):
    """What a rule on trial found in a run. No count, score or verdict reads this table."""

    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="monitored", verbose_name=_("run"))
    rule = models.ForeignKey(DetectionRule, models.PROTECT, related_name="monitored", verbose_name=_("rule"))
    path = models.CharField(_("file"), max_length=1024, blank=True)
    line = models.PositiveIntegerField(_("line"), default=0)
    snippet = models.TextField(_("snippet"), blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    found_at = models.DateTimeField(_("found"), auto_now_add=True)

    class Meta(Evidence.Meta):
        verbose_name = _("monitored finding")
        verbose_name_plural = _("monitored findings")
        indexes = [models.Index(fields=["rule", "found_at"], name="monitored_rule_found")]

    def __str__(self) -> str:
        return f"{self.rule.code} {self.path}{at(self.line)}"
