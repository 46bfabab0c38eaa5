"""What everybody may see: which plugins are certified. The files that prove it are in `trust_views`.

A certificate's state is always taken at the moment of looking. Free text of reviewers is not published: the public is
told what a state means for them, not what was written about the owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certification.enums import CertificateState
from certification.models import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from certification.models.certificates import CertificateQuerySet

PER_PAGE = 30
FRESH = 60
"""Seconds a shared cache may keep a page that can change at any moment: a revocation must show."""
LONGEST_SEARCH = 200


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The certificates in force; with `show=past` those that are not any more."""
    now = timezone.now()
    past = request.GET.get("show") == "past"
    query = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = _matching(_public(), query)
    in_force, ended = found.valid_at(now), _not_in_force(found, now)
    page = Paginator(ended if past else in_force, PER_PAGE).get_page(request.GET.get("page"))
    others = (in_force if past else ended).count()
    rows = [{"certificate": row, "state": row.effective_state(now)} for row in page.object_list]
    context = {"page": page, "rows": rows, "past": past, "query": query, "others": others, "now": now}
    return _cached(request, render(request, "status/status.html", context))


@require_safe
def certificate(request: HttpRequest, serial: str) -> HttpResponse:
    """One certificate: what it says, what it is worth now, and how to check it offline."""
    found = get_object_or_404(_public(), serial=serial)
    state = found.effective_state(timezone.now())
    context = {
        "certificate": found,
        "state": state,
        "state_text": state.label,
        "in_force": state == CertificateState.ACTIVE and found.not_before <= timezone.now(),
        "meaning": _meaning(state),
        "replaced_by": _successor(found) if state != CertificateState.ACTIVE else None,
    }
    return _cached(request, render(request, "status/certificate.html", context))


def _public() -> CertificateQuerySet:
    return Certificate.objects.select_related("version__plugin", "version__artifact", "policy").defer(
        "bundle", "policy__rules", "version__metadata", "version__declaration"
    )


def _matching(rows: CertificateQuerySet, query: str) -> CertificateQuerySet:
    if not query:
        return rows
    return rows.filter(
        Q(version__plugin__name__icontains=query)
        | Q(version__version__iexact=query)
        | Q(serial__iexact=query)
        | Q(sha256__startswith=query.lower())
    )


def _not_in_force(rows: CertificateQuerySet, now: datetime) -> CertificateQuerySet:
    return rows.exclude(state=CertificateState.ACTIVE, not_before__lte=now, not_after__gt=now)


def _successor(old: Certificate) -> Certificate | None:
    """A certificate of the same plugin that is in force, where this one is not."""
    rows = Certificate.objects.valid_at(timezone.now()).filter(version__plugin=old.version.plugin_id)
    return rows.select_related("version").defer("bundle").first()


def _meaning(state: CertificateState) -> str:
    match state:
        case CertificateState.ACTIVE:
            return _("This exact file may run on the platform within the conditions below.")
        case CertificateState.SUSPENDED:
            return _("Set aside while something is looked into. Do not run it until the suspension has ended.")
        case CertificateState.REVOKED:
            return _("Taken back for good by the reviewers. Do not run it.")
        case CertificateState.EXPIRED:
            return _("Its time has run out and it was not renewed. It says nothing about the file any more.")
        case CertificateState.SUPERSEDED:
            return _("A newer certificate has taken its place.")


def _cached(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Public for who has not signed in; the page of a signed-in user names them."""
    if request.user.is_authenticated:
        patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    else:
        patch_cache_control(response, public=True, max_age=FRESH)
    return response
