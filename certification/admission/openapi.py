"""The description of the API as OpenAPI 3.1; `docs/schemas/api.v1.openapi.json`, which a test holds against reality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import FileResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from governance.api import JSON

if TYPE_CHECKING:
    from django.http import HttpRequest

PATH = settings.BASE_DIR / "docs" / "schemas" / "api.v1.openapi.json"
FRESH = 3_600


@require_safe
def document(_request: HttpRequest) -> FileResponse:
    """The document, for everybody."""
    response = FileResponse(PATH.open("rb"), content_type=JSON)
    patch_cache_control(response, public=True, max_age=FRESH)
    return response
