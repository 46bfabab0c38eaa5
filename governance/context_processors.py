"""What every template may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def portal(_request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and the portal's own address."""
    return {"DEMO": settings.DEMO, "PORTAL_URL": settings.PORTAL_URL}
