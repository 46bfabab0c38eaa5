"""Whether what a run counted on still holds: waivers it left findings out for, and that no file of it is blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from plugins.enums import FileVerdict
from plugins.models import FileDecision, Finding, VersionFile, Waiver

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from certification.models.certificates import CertificateQuerySet
    from plugins.models import VettingRun


def lost_grounds(run: VettingRun) -> str:
    """Why a run cannot be counted on any more, in a sentence; empty where it can."""
    if blocked := _blocked(run.version_id).values_list("path", flat=True).first():
        return _("It ships a file that is blocked: %(path)s.") % {"path": blocked}
    ended = _without_waiver().filter(run=run).values_list("waiver", flat=True).first()
    return _("%(waiver)s, on which this run counted, does not hold any more.") % {"waiver": ended} if ended else ""


def on_lost_waivers(certificates: CertificateQuerySet) -> CertificateQuerySet:
    """Those whose run left findings out for a waiver, or an allowed file, that does not hold any more."""
    return certificates.filter(Exists(_without_waiver().filter(run=OuterRef("run"))))


def _blocked(version: int) -> QuerySet[VersionFile]:
    held = FileDecision.objects.in_force(timezone.localdate()).filter(verdict=FileVerdict.BLOCK)
    return VersionFile.objects.filter(version=version, sha256__in=held.values("sha256"))


def _without_waiver() -> QuerySet[Finding]:
    today = timezone.localdate()
    allowed = FileDecision.objects.in_force(today).filter(verdict=FileVerdict.ALLOW)
    names = [f"W-{pk}" for pk in Waiver.objects.in_force(today).values_list("pk", flat=True)]
    names += [f"F-{pk}" for pk in allowed.values_list("pk", flat=True)]
    return Finding.objects.exclude(waiver="").exclude(waiver__in=names)
