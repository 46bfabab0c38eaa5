"""Certificates and what keeps them honest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.enums import (
    CERTIFICATE_LIVE,
    CertificateState,
    ReasonClass,
    RevalidationState,
    RevalidationTrigger,
)
from certification.models.reviews import Decision
from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import PolicyVersion, Tracked
from governance.models.choices import choices
from governance.vocabulary import Tier
from plugins.models import PluginVersion, VettingRun

if TYPE_CHECKING:
    from datetime import date, datetime


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Certificates; time is always an argument, so that expiry needs no job."""

    def valid_at(self, now: datetime) -> CertificateQuerySet:
        """Those in force at a moment."""
        return self.filter(state=CertificateState.ACTIVE, not_before__lte=now, not_after__gt=now)

    def live_at(self, now: datetime) -> CertificateQuerySet:
        """Those in force or suspended whose time has not run out."""
        return self.filter(state__in=CERTIFICATE_LIVE, not_after__gt=now)

    def in_state(self, state: CertificateState, now: datetime) -> CertificateQuerySet:
        """Those whose `effective_state` at a moment is this one."""
        if state == CertificateState.EXPIRED:
            return self.expired_at(now)
        found = self.live_at(now) if state in CERTIFICATE_LIVE else self
        return found.filter(state=state)

    def expired_at(self, now: datetime) -> CertificateQuerySet:
        """Those that ran out without being revoked or superseded, whether a job noted it or not."""
        return self.filter(
            models.Q(state=CertificateState.EXPIRED) | models.Q(state__in=CERTIFICATE_LIVE, not_after__lte=now)
        )

    def expiring_within(self, now: datetime, days: int) -> CertificateQuerySet:
        """Those in force that run out within so many days."""
        return self.valid_at(now).filter(not_after__lte=now + timedelta(days=days))

    def due(self, today: date) -> CertificateQuerySet:
        """Those whose tier asks for revalidation by a day, oldest due first."""
        return self.filter(state=CertificateState.ACTIVE, revalidate_on__lte=today).order_by("revalidate_on", "id")


class Certificate(ConcurrentTransitionMixin, Tracked):
    """A signed, time-bounded statement about one artifact under one policy version. The signed bytes never change."""

    serial = models.CharField(_("serial"), max_length=40, unique=True)
    version = models.ForeignKey(PluginVersion, models.PROTECT, related_name="certificates", verbose_name=_("version"))
    decision = models.ForeignKey(
        Decision, models.PROTECT, related_name="certificates", verbose_name=_("decision"), null=True, blank=True
    )
    run = models.ForeignKey(VettingRun, models.PROTECT, related_name="certificates", verbose_name=_("vetting run"))
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="certificates", verbose_name=_("policy version")
    )
    state = FSMField(
        _("state"), choices=CertificateState.choices, default=CertificateState.ACTIVE, protected=True, editable=False
    )
    sha256 = models.CharField(_("SHA-256 of the artifact"), max_length=64, db_index=True)
    tier = models.CharField(_("risk tier"), max_length=10, choices=choices(Tier))
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid until"))
    revalidate_on = models.DateField(_("revalidate on"))
    conditions = models.TextField(_("conditions"), blank=True)
    envelope = models.BinaryField(_("signed certificate"), editable=False)
    envelope_sha256 = models.CharField(_("SHA-256 of the signed certificate"), max_length=64, db_index=True)
    log_index = models.PositiveBigIntegerField(
        _("entry in the log"), null=True, blank=True, help_text=_("Empty: issued before there was a log.")
    )
    keyid = models.CharField(_("signing key"), max_length=64)
    demo = models.BooleanField(
        _("demo"), default=False, help_text=_("Signed with the demo key: worth nothing outside.")
    )
    state_reason = models.TextField(_("reason of the state"), blank=True)
    reason_class = models.CharField(
        _("kind of reason"),
        max_length=20,
        choices=ReasonClass,
        blank=True,
        help_text=_("Published, unlike the reason."),
    )
    state_since = models.DateTimeField(_("in this state since"), null=True, blank=True, db_index=True)
    issued_at = models.DateTimeField(_("issued"), auto_now_add=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("issued by"), null=True, blank=True
    )

    write_once = (
        "serial", "version_id", "decision_id", "run_id", "policy_id", "sha256", "tier", "not_before", "not_after",
        "conditions", "envelope", "envelope_sha256", "log_index", "keyid", "demo", "issued_at", "issued_by_id",
    )  # fmt: skip
    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ("-issued_at", "-id")
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        permissions = [
            ("suspend_certificate", _("Can suspend and reinstate certificates")),
            ("revoke_certificate", _("Can revoke certificates")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=CertificateState.values), name="certificate_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(not_after__gt=models.F("not_before")), name="certificate_dates_in_order"
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(state__in=list(CERTIFICATE_LIVE)),
                name="certificate_one_live_a_version",
            ),
        ]
        indexes = [models.Index(fields=["state", "not_after"], name="certificate_expiry")]

    def __str__(self) -> str:
        return self.serial

    def effective_state(self, now: datetime) -> CertificateState:
        """The state as a reader must take it: what has run out is expired, whether a job noted it or not."""
        state = CertificateState(self.state)
        if state in CERTIFICATE_LIVE and self.not_after <= now:
            return CertificateState.EXPIRED
        return state

    @property
    def current_state(self) -> CertificateState:
        """`effective_state` now."""
        return self.effective_state(timezone.now())

    @property
    def bundle_filename(self) -> str:
        """What a download is called."""
        return f"{self.serial}.bundle.json"

    @transition(field=state, source=CertificateState.ACTIVE, target=CertificateState.SUSPENDED)
    def suspend(self) -> None:
        """Set aside for now; reversible."""

    @transition(field=state, source=CertificateState.SUSPENDED, target=CertificateState.ACTIVE)
    def reinstate(self) -> None:
        """The suspension is over."""

    @transition(field=state, source=list(CERTIFICATE_LIVE), target=CertificateState.EXPIRED)
    def expire(self) -> None:
        """Note that it ran out."""

    @transition(field=state, source=list(CERTIFICATE_LIVE), target=CertificateState.REVOKED)
    def revoke(self) -> None:
        """Take it back for good."""

    @transition(field=state, source=list(CERTIFICATE_LIVE), target=CertificateState.SUPERSEDED)
    def supersede(self) -> None:
        """A newer certificate of the same version takes its place."""


class Revalidation(ConcurrentTransitionMixin, Tracked):
    """One attempt to re-earn a certificate."""

    certificate = models.ForeignKey(
        Certificate, models.PROTECT, related_name="revalidations", verbose_name=_("certificate")
    )
    trigger = models.CharField(_("trigger"), max_length=20, choices=RevalidationTrigger)
    state = FSMField(
        _("state"), choices=RevalidationState.choices, default=RevalidationState.RUNNING, protected=True, editable=False
    )
    run = models.OneToOneField(
        VettingRun, models.PROTECT, related_name="revalidation", verbose_name=_("vetting run"), null=True, blank=True
    )
    renewed_as = models.ForeignKey(
        Certificate, models.PROTECT, related_name="+", verbose_name=_("renewed as"), null=True, blank=True
    )
    reason = models.TextField(_("reason"), blank=True)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        ordering = ("-started_at", "-id")
        verbose_name = _("revalidation")
        verbose_name_plural = _("revalidations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=RevalidationState.values), name="revalidation_state_known"
            ),
            models.UniqueConstraint(
                fields=["certificate"],
                condition=models.Q(state=RevalidationState.RUNNING),
                name="revalidation_one_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate} · {self.get_trigger_display()}"

    @transition(field=state, source=RevalidationState.RUNNING, target=RevalidationState.RENEWED)
    def renew(self) -> None:
        """A new certificate was issued."""

    @transition(field=state, source=RevalidationState.RUNNING, target=RevalidationState.SENT_TO_REVIEW)
    def send_to_review(self) -> None:
        """Something asks for a human."""

    @transition(field=state, source=RevalidationState.RUNNING, target=RevalidationState.FAILED)
    def fail(self) -> None:
        """It could not be carried out."""
