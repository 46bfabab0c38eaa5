"""The start page and the dashboard: pages about no single app."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from governance.api import PREFIX, ApiProblem
from governance.panels import find_panel, panels_for
from governance.rooms import rooms_for, workplace_of

if TYPE_CHECKING:
    from governance.models import User

    class SignedInRequest(HttpRequest):
        """A request of somebody who has signed in."""

        user: User


VIEW_DASHBOARD = "governance.view_dashboard"
PER_PAGE = 50


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Where the icon is, for what asks without reading the page: feeds, JSON, PDFs."""
    return redirect(static("img/plugwarden.svg"))


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody where they work."""
    workplace = workplace_of(request.user)
    others = [room for room in rooms_for(request.user) if room != workplace]
    return render(request, "home.html", {"workplace": workplace, "others": others})


@never_cache
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no login page of its own: strangers get ours, and who may not work there is told so."""
    if request.user.is_authenticated:
        raise PermissionDenied(_("Your account does not work in the administration."))
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be read, or is too large to be; of the API, in its form."""
    if request.path_info.startswith(PREFIX):
        return ApiProblem(HTTPStatus.BAD_REQUEST, "request-malformed", "The request cannot be read.").response()
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if isinstance(exception, RequestDataTooBig) else HTTPStatus.BAD_REQUEST
    return HttpResponse(render_to_string(f"{status:d}.html"), status=status)  # who asks may not be known yet


@require_safe
def admin_search(request: HttpRequest) -> HttpResponse:
    """The search of the admin's theme, which breaks on a page there is not."""
    try:
        return admin.site.admin_view(admin.site.search)(request)  # type: ignore[attr-defined,no-any-return]  # unfold's site
    except InvalidPage as problem:
        raise Http404(_("There is no such page.")) from problem


@require_safe
@never_cache
@login_required
@permission_required(VIEW_DASHBOARD, raise_exception=True)
def dashboard(request: SignedInRequest) -> HttpResponse:
    """Every panel the user may see, and the numbers worth the top of the page."""
    panels: list[dict[str, Any]] = [
        {"panel": panel, "data": panel.build(request), "source": f"chart-{panel.code}"}
        for panel in panels_for(request.user)
    ]
    headlines = [headline for entry in panels for headline in entry["data"].headlines]
    context = {"panels": panels, "headlines": headlines, "now": timezone.now()}
    return render(request, "dashboard/dashboard.html", context)


@require_safe
@never_cache
@login_required
@permission_required(VIEW_DASHBOARD, raise_exception=True)
def dashboard_list(request: SignedInRequest, code: str) -> HttpResponse:
    """The rows behind one number of a panel."""
    panel = find_panel(request.user, code)
    if panel is None:
        raise Http404(_("There is no such panel."))
    listing = panel.listing(request)
    page = Paginator(listing.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "panel": panel,
        "listing": listing,
        "page": page,
        "rows": [list(zip(listing.columns, listing.cells(row), strict=True)) for row in page.object_list],
    }
    return render(request, "dashboard/list.html", context)
