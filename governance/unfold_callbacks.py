"""What unfold asks us for each page of the admin, named in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.http import HttpRequest


def admin_script(_request: HttpRequest) -> str:
    """Our additions to unfold's scripts."""
    return static("js/admin.js")


def favicon(_request: HttpRequest) -> str:
    """The portal's mark, for the browser's tab."""
    return static("img/plugwarden.svg")


def without_inline_colors(_request: HttpRequest) -> dict[str, None]:
    """Keep unfold from writing its colours into an inline style element: they are in static/css/palette.css."""
    return {"colors": None}


def environment_badge(_request: HttpRequest) -> list[str] | None:
    """Unfold's badge in the header: says so where nothing counts."""
    return [_("Demo data"), "warning"] if settings.DEMO else None


def palette(_request: HttpRequest) -> str:
    """The colours, which unfold would write into the page."""
    return static("css/palette.css")


def admin_stylesheet(_request: HttpRequest) -> str:
    """Our additions to unfold's styles."""
    return static("css/admin.css")
