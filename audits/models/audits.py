"""Audits: what was looked at, what was found, and what is done about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audits.enums import ActionState, AuditState, FindingRating
from audits.models.storage import report_storage
from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked


class Audit(ConcurrentTransitionMixin, Tracked):
    """One audit of the certification process over a period."""

    code = models.CharField(_("code"), max_length=40, unique=True, help_text=_("For example AUD-2026-01."))
    title = models.CharField(_("title"), max_length=200)
    objective = models.TextField(_("objective"))
    scope = models.TextField(_("scope"), help_text=_("What is looked at, and what is left out."))
    method = models.TextField(_("method"), blank=True)
    conclusion = models.TextField(_("conclusion"), blank=True, help_text=_("Needed before the report is issued."))
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="audits_led", verbose_name=_("lead auditor")
    )
    state = FSMField(_("state"), choices=AuditState.choices, default=AuditState.PLANNED, protected=True, editable=False)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        permissions = [("issue_audit", _("Can issue audit reports"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=AuditState.values), name="audit_state_known"),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")), name="audit_period_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @transition(field=state, source=AuditState.PLANNED, target=AuditState.FIELDWORK)
    def begin(self) -> None:
        """Fieldwork begins."""

    @transition(field=state, source=AuditState.FIELDWORK, target=AuditState.DRAFT)
    def draft_report(self) -> None:
        """Findings are in; the report is being written."""

    @transition(field=state, source=AuditState.DRAFT, target=AuditState.FIELDWORK)
    def reopen_fieldwork(self) -> None:
        """Something is missing."""

    @transition(field=state, source=AuditState.DRAFT, target=AuditState.ISSUED)
    def issue(self) -> None:
        """The report goes out; findings are frozen."""

    @transition(field=state, source=AuditState.ISSUED, target=AuditState.FOLLOW_UP)
    def follow_up(self) -> None:
        """Action plans are being carried out."""

    @transition(field=state, source=[AuditState.ISSUED, AuditState.FOLLOW_UP], target=AuditState.CLOSED)
    def close(self) -> None:
        """All actions are confirmed."""


class AuditFinding(Tracked):
    """What an audit found, in the five parts auditors use."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="findings", verbose_name=_("audit"))
    title = models.CharField(_("title"), max_length=200)
    rating = models.CharField(_("rating"), max_length=20, choices=FindingRating, default=FindingRating.MINOR)
    condition = models.TextField(_("condition"), help_text=_("What is."))
    criterion = models.TextField(_("criterion"), help_text=_("What should be, and where that is written."))
    cause = models.TextField(_("cause"), help_text=_("Why it is so."))
    effect = models.TextField(_("effect"), help_text=_("What it leads to."))
    recommendation = models.TextField(_("recommendation"), help_text=_("What to do about it."))

    class Meta:
        ordering = ("audit", "id")
        verbose_name = _("audit finding")
        verbose_name_plural = _("audit findings")
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__in=FindingRating.values), name="audit_rating_known")
        ]

    def __str__(self) -> str:
        return self.title


class ActionPlan(ConcurrentTransitionMixin, Tracked):
    """What is done about an audit finding, by whom, until when, and how one will know."""

    finding = models.ForeignKey(AuditFinding, models.PROTECT, related_name="actions", verbose_name=_("finding"))
    action = models.TextField(_("action"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="action_plans", verbose_name=_("owner")
    )
    deadline = models.DateField(_("deadline"))
    outcome = models.TextField(_("measurable outcome"), help_text=_("How one will know that it worked."))
    state = FSMField(_("state"), choices=ActionState.choices, default=ActionState.OPEN, protected=True, editable=False)

    class Meta:
        ordering = ("deadline", "id")
        verbose_name = _("action plan")
        verbose_name_plural = _("action plans")
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ActionState.values), name="action_state_known")
        ]

    def __str__(self) -> str:
        return self.action[:80]

    @transition(field=state, source=ActionState.OPEN, target=ActionState.DONE)
    def report_done(self) -> None:
        """Its owner says it is done."""

    @transition(field=state, source=ActionState.DONE, target=ActionState.OPEN)
    def reopen(self) -> None:
        """It was not."""

    @transition(field=state, source=ActionState.DONE, target=ActionState.CONFIRMED)
    def confirm(self) -> None:
        """The auditor has seen that it is."""


class EvidenceFile(Tracked):
    """A file an audit rests on, known by its digest."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="evidence", verbose_name=_("audit"))
    finding = models.ForeignKey(
        AuditFinding, models.PROTECT, related_name="evidence", verbose_name=_("finding"), null=True, blank=True
    )
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), storage=report_storage, upload_to="evidence/%Y/%m")
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"), editable=False, default=0)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by"), editable=False
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)

    class Meta:
        ordering = ("audit", "id")
        verbose_name = _("evidence file")
        verbose_name_plural = _("evidence files")

    def __str__(self) -> str:
        return self.title
