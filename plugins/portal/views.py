"""The owner portal: my plugins, submitting, and everything about a version of mine."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plugins.config import archive_limits
from plugins.declaration import FILE_NAME
from plugins.enums import RUN_OPEN, RunState, Trigger
from plugins.models import Plugin, PluginVersion, VettingRun
from plugins.portal import pages
from plugins.portal.forms import SUFFIXES, OriginForm, SubmitForm, WithdrawForm
from plugins.portal.queries import own_plugins, plugin_rows, visible_versions
from plugins.portal.words import under_way
from plugins.prefill import prefilled
from plugins.presenters import progress_of
from plugins.services import AlreadySubmitted, RunRefused, SubmissionRefused, request_run
from plugins.services import submit as submit_package
from plugins.services import withdraw as withdraw_version
from plugins.services.downloads import DownloadRefused, open_artifact
from plugins.services.origins import OriginRefused, hand_in
from plugins.services.sboms import CONTENT_TYPE, NoBill, download_sbom
from plugins.services.teams import may_submit

if TYPE_CHECKING:
    from governance.requests import SignedInRequest
    from plugins.models import Submission


PER_PAGE = 25
FIELDS = {"no-attestation": "attestation"}
"""The field that a refusal is about, by its code; else the package."""


@require_safe
@never_cache
@login_required
def index(request: SignedInRequest) -> HttpResponse:
    """The user's plugins: where each stands and what is asked."""
    page = Paginator(own_plugins(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": plugin_rows(page.object_list, timezone.now()),
        "may_submit": may_submit(request.user),
    }
    return render(request, "portal/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def submit(request: SignedInRequest) -> HttpResponse:
    """Hand a package in; who may not is told so, and the service notes who tried."""
    allowed = may_submit(request.user)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = SubmitForm(*sent, user=request.user)
    known: PluginVersion | None = None
    if request.method == "POST" and form.is_valid():
        try:
            submission = _take(request, form)
        except SubmissionRefused as refusal:
            known = refusal.version if isinstance(refusal, AlreadySubmitted) else None
            form.add_error(FIELDS.get(refusal.code, "package"), str(refusal))
        else:
            messages.success(
                request, _("%(version)s is taken in; vetting has begun.") % {"version": submission.version}
            )
            return redirect("portal:version", submission.version_id)
    limits = archive_limits()
    context = {"form": form, "known": known, "limits": limits, "suffixes": SUFFIXES, "may_submit": allowed}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "portal/submit.html", context, status=status if allowed else HTTPStatus.FORBIDDEN)


def _take(request: SignedInRequest, form: SubmitForm) -> Submission:
    upload = form.cleaned_data["package"]
    return submit_package(
        actor=request.user,
        upload=upload,
        filename=upload.name,
        team=form.cleaned_data.get("team"),
        note=form.cleaned_data["note"],
        attestations=form.attestations,
        source=form.cleaned_data.get("source"),
    )


@require_safe
@never_cache
@login_required
def plugin(request: SignedInRequest, pk: int) -> HttpResponse:
    """One plugin: its versions, certificates and history. Others' plugins are not found."""
    found = get_object_or_404(Plugin.objects.visible_to(request.user).select_related("team"), pk=pk)
    acts = request.user.has_perm("plugins.submit_version", found) and may_submit(request.user)
    context = pages.plugin_page(found, request.GET.get("page")) | {"may_submit": acts}
    return render(request, "portal/plugin.html", context)


@require_safe
@never_cache
@login_required
def version(request: SignedInRequest, pk: int) -> HttpResponse:
    """One version: where it stands, what blocks it, and all evidence."""
    found = _version(request, pk)
    return render(request, "portal/version.html", pages.version_page(found, request.user))


@require_safe
@never_cache
@login_required
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the vetting has come, as the part of the page that asks again; the whole page once it has ended."""
    found = _version(request, pk)
    run = pages.newest_run(found)
    if not request.headers.get("HX-Request"):
        return redirect("portal:version", pk)
    if run is None or run.state not in RUN_OPEN:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"version": found, "progress": progress_of(run), "moved_on": under_way(run)}
    return render(request, "portal/_progress.html", context)


@require_POST
@login_required
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Start the vetting again after it broke; after a verdict there is nothing to repeat."""
    found = _own_version(request, pk)
    run = VettingRun.objects.filter(version=found).defer("report", "progress").first()
    if run is None or run.state != RunState.ERRORED:
        messages.error(request, _("Only a vetting that broke can be started again."))
        return redirect("portal:version", pk)
    try:
        request_run(version=found, actor=request.user, trigger=Trigger.RETRY)
    except RunRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Vetting has been started again."))
    return redirect("portal:version", pk)


@require_POST
@login_required
def origin(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take proof of origin in for a version in review, and vet it again with that."""
    found = _own_version(request, pk)
    form = OriginForm(request.POST, request.FILES)
    if found.state not in pages.PROVABLE or not form.is_valid():
        messages.error(request, _("Proof of origin is taken in for a version in review, as files that are not empty."))
        return redirect("portal:version", pk)
    attestation = form.cleaned_data["attestation"]
    try:
        hand_in(
            version=found,
            actor=request.user,
            attestations=[attestation] if attestation else [],
            source=form.cleaned_data["source"],
        )
        request_run(version=found, actor=request.user, trigger=Trigger.ORIGIN)
    except (OriginRefused, RunRefused) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is taken in; the version is vetted again with it."))
    return redirect("portal:version", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once more, then take the version back."""
    found = _own_version(request, pk)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_version(version=found, actor=request.user, reason=form.cleaned_data["reason"])
        except SubmissionRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(version)s is withdrawn.") % {"version": found})
        return redirect("portal:version", pk)
    allowed = found.state in pages.WITHDRAWABLE
    return render(request, "portal/withdraw.html", {"version": found, "form": form, "allowed": allowed})


@require_safe
@never_cache
@login_required
def package(request: SignedInRequest, pk: int) -> HttpResponse | FileResponse:
    """The package as it was submitted, checked against its digest."""
    found = _version(request, pk)
    try:
        file = open_artifact(version=found, actor=request.user)
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("portal:version", pk)
    return FileResponse(
        file, as_attachment=True, filename=found.artifact.filename, content_type="application/octet-stream"
    )


@require_safe
@never_cache
@login_required
def sbom(request: SignedInRequest, pk: int) -> HttpResponse:
    """The bill of materials of the version, as CycloneDX."""
    found = _version(request, pk)
    try:
        filename, content = download_sbom(version=found, actor=request.user)
    except NoBill:
        messages.error(request, _("There is no bill of materials before the vetting has ended."))
        return redirect("portal:version", pk)
    disposition = f'attachment; filename="{filename}"'
    return HttpResponse(content, content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition})


@require_safe
@never_cache
@login_required
def declaration(request: SignedInRequest, pk: int) -> HttpResponse:
    """A declaration to begin with, as a file: the owner's words, and what the newest vetting saw beside them."""
    found = _version(request, pk)
    report = pages.newest_report(found)
    if report is None:
        messages.error(request, _("There is nothing to fill a declaration in with before the vetting has ended."))
        return redirect("portal:version", pk)
    text = json.dumps(prefilled(found.declaration, report), indent=2, ensure_ascii=False) + "\n"
    disposition = f'attachment; filename="{FILE_NAME}"'
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": disposition})


def _version(request: SignedInRequest, pk: int) -> PluginVersion:
    return get_object_or_404(visible_versions(request.user), pk=pk)


def _own_version(request: SignedInRequest, pk: int) -> PluginVersion:
    """A version the user may act for; who may only see it is refused.

    Raises:
        PermissionDenied: it is another team's, seen by somebody who sees all.
    """
    found = _version(request, pk)
    if not request.user.has_perm("plugins.submit_version", found.plugin):
        raise PermissionDenied
    return found
