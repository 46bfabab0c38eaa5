"""The one exception to the strict content security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csp.constants import UNSAFE_EVAL
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


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
