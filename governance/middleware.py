"""What every request goes through: bounds on what it brings, and the one exception to the strict policy of scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import UNSAFE_EVAL
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponseNotAllowed
from django.urls import reverse

from governance.api import PREFIX
from governance.uploads import CappedUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


OTHER_FILES = 4 * 1024 * 1024
"""Room for what is handed in beside two archives."""
METHODS = ("GET", "HEAD", "OPTIONS", "POST")


class BoundedRequest:
    """Bounds what a request brings, before anything reads its body: checking the CSRF token already does.

    Of files no more is kept than the largest package with the largest source archive, of a stranger's next to nothing:
    nobody signed out hands any in.
    Pages are read and forms sent: the admin would take any other method for a reading one. The API says itself what
    it takes. A NUL in an address is refused, since PostgreSQL takes it in no text. Stands after
    `AuthenticationMiddleware`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse or cap, and go on."""
        if request.method not in METHODS and not request.path_info.startswith(PREFIX):
            return HttpResponseNotAllowed(METHODS)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("A NUL in the address.")
        if request.content_type == "multipart/form-data":
            most = 2 * settings.ARCHIVE_LIMITS["input_bytes"] + OTHER_FILES if request.user.is_authenticated else 0
            request.upload_handlers.insert(0, CappedUpload(request, most))
        return self.get_response(request)


class AdminContentSecurity:
    """Lets the admin's Alpine evaluate the expressions in unfold's templates; scripts still come from here only.

    Nothing else is relaxed: no inline script, no inline style, no other host. Stands after `CSPMiddleware`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add `unsafe-eval` to the policy of the admin's pages."""
        response = self.get_response(request)
        if request.path_info.startswith(reverse("admin:index")):
            response._csp_update = {"script-src": [UNSAFE_EVAL]}  # type: ignore[attr-defined]  # noqa: SLF001 - django-csp's way
        return response
