"""An issue in the owner portal: what was said of it, an answer, and the way to a waiver."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from plugins.issue_page import issue_page
from plugins.models import Issue, Plugin
from plugins.services.issues import NoteRefused, write_note
from plugins.services.waivers import WaiverRefused, propose, withdraw
from plugins.waiver_forms import NoteForm, WaiverForm

if TYPE_CHECKING:
    from django.http import HttpResponse

    from governance.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def issue(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read about an issue of one's own plugin; a note sent is kept. Others' issues are not found."""
    found = _issue(request, pk)
    form = NoteForm(request.POST if request.method == "POST" else None, triages=False)
    if request.method == "POST" and form.is_valid():
        _demand_owner(request, found)
        try:
            write_note(issue=found, author=request.user, text=form.cleaned_data["text"])
        except NoteRefused as refusal:
            form.add_error("text", str(refusal))
        else:
            messages.success(request, _("Your note is kept; the reviewers see it."))
            return redirect("portal:issue", pk)
    context = {
        "page": issue_page(found, internal=False),
        "form": form,
        "acts": request.user.has_perm("plugins.submit_version", found.plugin),
    }
    return render(request, "portal/issue.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def waive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask for a waiver of one's own issue, or take the proposal back."""
    found = _issue(request, pk)
    _demand_owner(request, found)
    page = issue_page(found, internal=False)
    if request.method == "POST" and "take_back" in request.POST and page.open_waiver:
        try:
            withdraw(waiver=page.open_waiver, actor=request.user)
        except WaiverRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(waiver)s is withdrawn.") % {"waiver": page.open_waiver})
        return redirect("portal:issue", pk)
    if page.not_waivable:
        messages.error(request, page.not_waivable)
        return redirect("portal:issue", pk)
    form = WaiverForm(request.POST if request.method == "POST" else None, days=page.days)
    if request.method == "POST" and form.is_valid():
        try:
            waiver = propose(issue=found, actor=request.user, **form.cleaned_data)
        except WaiverRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(waiver)s is proposed; a lead reviewer decides.") % {"waiver": waiver})
            return redirect("portal:issue", pk)
    return render(request, "portal/waive.html", {"page": page, "form": form}, status=_status(form))


def _issue(request: SignedInRequest, pk: int) -> Issue:
    visible = Plugin.objects.visible_to(request.user)
    return get_object_or_404(Issue.objects.filter(plugin__in=visible).select_related("plugin__team"), pk=pk)


def _demand_owner(request: SignedInRequest, found: Issue) -> None:
    if not request.user.has_perm("plugins.submit_version", found.plugin):
        raise PermissionDenied


def _status(form: NoteForm | WaiverForm) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
