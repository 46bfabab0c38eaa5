"""The files that prove a certificate without trusting this portal, for everybody to fetch."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certification import trust_roots
from certification.attest.private_files import KeysRefusedError
from certification.keyring import trust_root_bytes
from certification.models import Certificate, TrustRootVersion

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

FRESH = 60
"""Seconds a shared cache may keep what can change at any moment."""
UNCHANGING = 86_400
LARGEST = 999_999_999
"""The highest version a trust root can have; every database takes it."""


@require_safe
def bundle(_request: HttpRequest, serial: str) -> HttpResponse:
    """The signed bundle, byte for byte as it was issued; also of certificates that are worth nothing any more."""
    found = get_object_or_404(Certificate, serial=serial)
    response = HttpResponse(bytes(found.bundle), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{found.bundle_filename}"'
    response["ETag"] = f'"{found.bundle_sha256}"'
    patch_cache_control(response, public=True, max_age=UNCHANGING, immutable=True)
    return response


@require_safe
def trust_root(_request: HttpRequest) -> HttpResponse:
    """The signed trust root. Fetching it from here is convenient; knowing its digest from elsewhere is proof."""
    try:
        content = trust_root_bytes()
    except KeysRefusedError:
        logger.exception("the trust root cannot be served")
        return HttpResponse(_("This portal has no usable trust root at the moment."), status=503)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="trust-root.json"'
    patch_cache_control(response, public=True, max_age=FRESH)
    return response


@require_safe
def older_trust_root(_request: HttpRequest, version: int) -> HttpResponse:
    """One version of the trust root, for a verifier that trusts the one before it."""
    rows = TrustRootVersion.objects.filter(environment=trust_roots.environment(), version__lte=LARGEST)
    found = get_object_or_404(rows, version=min(version, LARGEST + 1))
    response = HttpResponse(bytes(found.envelope), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="trust-root-{found.version}.json"'
    response["ETag"] = f'"{found.sha256}"'
    patch_cache_control(response, public=True, max_age=UNCHANGING, immutable=True)
    return response
