"""Pages about reports. What a user may not see is not found; what is refused says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.enums import ReportKind
from audits.evidence import EvidenceRefused, open_evidence
from audits.models import EvidenceFile, Report
from audits.reports.common import ReportRefused
from audits.reports.services import (
    UNDER_WAY,
    filename,
    may_request,
    read_report,
    request_dossier,
    retry_report,
    visible_reports,
)
from plugins.models import PluginVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from governance.requests import SignedInRequest


SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def dossier(request: SignedInRequest, pk: int) -> HttpResponse:
    """The dossiers of a version; POST asks for a new one and leads to its page."""
    versions = PluginVersion.objects.visible_to(request.user).select_related("plugin__team")
    version = get_object_or_404(versions, pk=pk)
    may = may_request(request.user, version)
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        try:
            made = request_dossier(version=version, actor=request.user)
        except ReportRefused as refusal:
            messages.error(request, str(refusal))
        else:
            return redirect("audits:report", made.pk)
    found = _reports(request).filter(kind=ReportKind.DOSSIER, version=version)[:SHOWN]
    return render(request, "reports/dossier.html", {"version": version, "reports": found, "may_request": may})


@require_safe
@never_cache
@login_required
def report(request: SignedInRequest, pk: int) -> HttpResponse:
    """One report: how far it is, why it failed, or where to get it."""
    found = get_object_or_404(_reports(request), pk=pk)
    return render(request, "reports/report.html", _context(request, found))


@require_safe
@never_cache
@login_required
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The part of the report's page that asks again while the report is being made."""
    found = get_object_or_404(_reports(request), pk=pk)
    if not request.headers.get("HX-Request"):
        return redirect("audits:report", pk)
    return render(request, "reports/_state.html", _context(request, found))


@require_POST
@login_required
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Try a failed report again."""
    found = get_object_or_404(_reports(request), pk=pk)
    if not _may_retry(request, found):
        raise PermissionDenied
    try:
        retry_report(report=found, actor=request.user)
    except ReportRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("audits:report", pk)


@require_safe
@never_cache
@login_required
def download(request: SignedInRequest, pk: int) -> HttpResponse:
    """The PDF, byte for byte as it was made."""
    found = get_object_or_404(_reports(request), pk=pk)
    try:
        content = read_report(report=found, actor=request.user)
    except ReportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("audits:report", pk)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{filename(found)}"'
    return response


@require_safe
@never_cache
@login_required
@permission_required("audits.view_evidencefile", raise_exception=True)
def evidence(request: SignedInRequest, pk: int) -> HttpResponse | FileResponse:
    """An evidence file, never shown in the browser: it may be anything."""
    found = get_object_or_404(EvidenceFile.objects.select_related("audit"), pk=pk)
    try:
        file = open_evidence(evidence=found, actor=request.user)
    except EvidenceRefused as refusal:
        return render(request, "reports/refused.html", {"evidence": found, "why": str(refusal)}, status=409)
    name = (found.file.name or "").rpartition("/")[2]
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")


def _reports(request: SignedInRequest) -> QuerySet[Report]:
    return visible_reports(request.user).select_related("version__plugin", "audit", "requested_by").defer("snapshot")


def _may_retry(request: SignedInRequest, found: Report) -> bool:
    if found.version is not None:
        return may_request(request.user, found.version)
    return request.user.has_perm("audits.issue_audit")


def _context(request: SignedInRequest, found: Report) -> dict[str, object]:
    return {
        "report": found,
        "waiting": found.state in UNDER_WAY,
        "may_retry": _may_retry(request, found),
        "filename": filename(found),
    }
