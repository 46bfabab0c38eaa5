"""Reports: made from a frozen snapshot by a worker, failed visibly or ready for good."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from audits.enums import ReportKind, ReportState
from audits.models.audits import Audit
from audits.models.storage import report_storage
from governance.fsm import ConcurrentTransitionMixin, FSMField, transition
from governance.models import Tracked
from plugins.models import PluginVersion


class Report(ConcurrentTransitionMixin, Tracked):
    """One PDF: asked for, rendered by the worker, kept with the digest of the snapshot it was made from."""

    kind = models.CharField(_("kind"), max_length=20, choices=ReportKind)
    version = models.ForeignKey(
        PluginVersion, models.PROTECT, related_name="reports", verbose_name=_("version"), null=True, blank=True
    )
    audit = models.ForeignKey(
        Audit, models.PROTECT, related_name="reports", verbose_name=_("audit"), null=True, blank=True
    )
    state = FSMField(
        _("state"), choices=ReportState.choices, default=ReportState.QUEUED, protected=True, editable=False
    )
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why rendering failed."))
    snapshot: models.JSONField[Any, Any] = models.JSONField(
        _("snapshot"), null=True, blank=True, help_text=_("The data the report was made from, frozen.")
    )
    snapshot_sha256 = models.CharField(_("digest of the snapshot"), max_length=64, blank=True)
    file = models.FileField(_("file"), storage=report_storage, upload_to="pdf/%Y/%m", blank=True)
    file_sha256 = models.CharField(_("digest of the file"), max_length=64, blank=True)
    pages = models.PositiveIntegerField(_("pages"), null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by"), null=True
    )
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    write_once = ("kind", "version_id", "audit_id", "snapshot", "pages", "requested_by_id", "requested_at")

    class Meta:
        ordering = ("-requested_at", "-id")
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        permissions = [("request_report", _("Can ask for reports"))]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ReportState.values), name="report_state_known"),
            models.CheckConstraint(
                condition=models.Q(kind=ReportKind.DOSSIER, version__isnull=False, audit__isnull=True)
                | models.Q(kind=ReportKind.AUDIT, version__isnull=True, audit__isnull=False),
                name="report_has_its_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.version or self.audit}"

    @transition(field=state, source=[ReportState.QUEUED, ReportState.RENDERING], target=ReportState.RENDERING)
    def start(self) -> None:
        """A worker has taken it up."""

    @transition(field=state, source=ReportState.RENDERING, target=ReportState.READY)
    def finish(self) -> None:
        """The file is there."""

    @transition(field=state, source=[ReportState.QUEUED, ReportState.RENDERING], target=ReportState.FAILED)
    def fail(self) -> None:
        """It could not be rendered; the reason says why."""

    @transition(field=state, source=ReportState.FAILED, target=ReportState.QUEUED)
    def retry(self) -> None:
        """Try again."""
