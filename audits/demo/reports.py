"""The demo's paper: the dossier of the certified version, and one audit from plan to issued report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from audits import actions, campaigns
from audits.enums import AuditState, FindingRating, ReportState
from audits.models import Audit, Report
from audits.reports.execute import execute_report
from audits.reports.services import filename, request_dossier

if TYPE_CHECKING:
    from pathlib import Path

    from governance.models import User
    from plugins.models import PluginVersion


class DemoReportFailed(Exception):
    """A report of the demo could not be rendered; the text says why."""


def make(*, version: PluginVersion, auditor: User, lead: User, destination: Path) -> None:
    """Render both reports here and now, and put copies beside the certificate.

    Raises:
        DemoReportFailed: one cannot be rendered.
    """
    dossier = version.reports.filter(state=ReportState.READY).first() or request_dossier(version=version, actor=auditor)
    for report in (dossier, _audit_report(auditor, lead)):
        execute_report(report_id=report.pk)
        report.refresh_from_db()
        if report.state != ReportState.READY:
            raise DemoReportFailed(f"{report}: {report.reason}")
        with report.file.open("rb") as file:
            (destination / filename(report)).write_bytes(file.read())


def _audit_report(auditor: User, lead: User) -> Report:
    today = timezone.now().date()
    code = f"AUD-{today:%Y}-DEMO"
    audit = Audit.objects.filter(code=code).first() or campaigns.create_audit(
        actor=auditor,
        code=code,
        title="Certification of third-party plugins",
        objective="Establish whether plugins are certified as the policy asks, and whether the record proves it.",
        scope="Every version decided in the period, with its evidence, decision and certificate. "
        "Left out: the operation of the platforms themselves.",
        method="Full population: each decision was compared with its report, each certificate verified offline.",
        period_from=today - timedelta(days=30),
        period_to=today,
    )
    if audit.state == AuditState.PLANNED:
        campaigns.begin(audit=audit, actor=auditor)
    if audit.state == AuditState.FIELDWORK:
        _write_down(audit, auditor, lead)
        campaigns.draft(audit=audit, actor=auditor)
    if audit.state == AuditState.DRAFT:
        campaigns.issue(audit=audit, actor=auditor)
    return audit.reports.get()


def _write_down(audit: Audit, auditor: User, lead: User) -> None:
    if audit.findings.exists():
        return
    finding = campaigns.add_finding(
        audit=audit,
        actor=auditor,
        title="Decisions rest on an incomplete advisory feed",
        rating=FindingRating.MAJOR,
        condition="Every vetting run of the period compared dependencies with the starter feed of the demo.",
        criterion="VUL-05 of the baseline policy: dependencies are compared with a full advisory feed.",
        cause="No feed was imported when the portal was set up, and the criterion does not block.",
        effect="Known vulnerabilities outside the starter feed would not have been noticed.",
        recommendation="Import the public feeds every day and vet the versions of the period again.",
    )
    actions.plan_action(
        finding=finding,
        actor=auditor,
        action="Schedule manage.py advisories sync every day and have the versions of the period vetted again.",
        owner=lead,
        deadline=timezone.now().date() + timedelta(days=30),
        outcome="manage.py advisories status shows every feed younger than two days; no run of the period is left "
        "with VUL-05 not met.",
    )
    campaigns.update_audit(
        audit=audit,
        actor=auditor,
        conclusion="Decisions follow the evidence and cite their criteria; the certificate verifies offline. "
        "The advisory data has to be completed before decisions about dependencies can be relied on.",
    )
