"""The audits app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditsConfig(AppConfig):
    """Registers the app."""

    name = "audits"
    verbose_name = _("Audits")

    def ready(self) -> None:
        """Register what has to be prepared."""
        from audits import preparation  # noqa: PLC0415 - models are ready only now
        from audits.models import Audit, AuditFinding, EvidenceFile  # noqa: PLC0415 - ditto
        from governance import lineage  # noqa: PLC0415 - ditto

        preparation.register_steps()
        lineage.name_references({"audit": Audit, "evidence": EvidenceFile, "finding": AuditFinding})
