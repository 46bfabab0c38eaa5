"""States and choices of the audits app."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AuditState(TextChoices):
    """States of an audit."""

    PLANNED = "planned", _("Planned")
    FIELDWORK = "fieldwork", _("Fieldwork")
    DRAFT = "draft", _("Draft report")
    ISSUED = "issued", _("Issued")
    FOLLOW_UP = "follow_up", _("Follow-up")
    CLOSED = "closed", _("Closed")


class FindingRating(TextChoices):
    """How serious an audit finding is."""

    OBSERVATION = "observation", _("Observation")
    MINOR = "minor", _("Minor")
    MAJOR = "major", _("Major")
    CRITICAL = "critical", _("Critical")


class ActionState(TextChoices):
    """States of an action plan."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done, to be confirmed")
    CONFIRMED = "confirmed", _("Confirmed")


class ReportKind(TextChoices):
    """What a report is about."""

    DOSSIER = "dossier", _("Certification dossier")
    AUDIT = "audit", _("Audit report")


class ReportState(TextChoices):
    """States of a report."""

    QUEUED = "queued", _("Queued")
    RENDERING = "rendering", _("Rendering")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
