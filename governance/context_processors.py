"""What every template may ask for, and unfold's callbacks about the site as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest


def portal(_request: HttpRequest) -> dict[str, object]:
    """Whether this is the demo, and the portal's own address."""
    return {"DEMO": settings.DEMO, "PORTAL_URL": settings.PORTAL_URL}


def environment_badge(_request: HttpRequest) -> list[str] | None:
    """Unfold's badge in the header: says so where nothing counts."""
    return [_("Demo data"), "warning"] if settings.DEMO else None


def palette(_request: HttpRequest) -> str:
    """The colours, which unfold would write into the page."""
    return static("css/palette.css")


def admin_stylesheet(_request: HttpRequest) -> str:
    """Our additions to unfold's styles."""
    return static("css/admin.css")
