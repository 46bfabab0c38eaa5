"""The files that prove a certificate without trusting this portal, for everybody to fetch."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from certification import keyring, status_lists
from certification.attest.private_files import KeysRefusedError
from certification.bundles import BundleUnavailable, NotLogged, bundle_of, proof_of
from certification.models import Certificate, CheckAttestation, StatusList, TrustRootVersion
from certification.public.listing import is_public, may_see
from certification.status_documents import StatusListAlteredError, delta_bytes, list_bytes
from certification.status_lists import StatusListRefused
from governance.services import published_public_rules
from governance.services.tokens import TokenRejected, authenticate
from governance.tokens import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

logger = logging.getLogger(__name__)

FRESH = 60
"""Seconds a shared cache may keep what changes seldom."""
UNCHANGING = 86_400
LARGEST = 999_999_999
"""The highest version a trust root can have; every database takes it."""
SEQUENCE_DIGITS = 15


@require_safe
def bundle(request: HttpRequest, serial: str) -> HttpResponse:
    """The certificate with the newest proof, status list and trust root; also of what is worth nothing any more."""
    found, private = _readable(request, serial)
    response = _proving(request, bundle_of, found, found.bundle_filename, "application/json")
    return _kept_private(response) if private else response


@require_safe
def proof(request: HttpRequest, serial: str) -> HttpResponse:
    """The C2SP tlog-proof that the log has the certificate's issue."""
    found, private = _readable(request, serial)
    response = _proving(request, proof_of, found, f"{found.serial}.tlog-proof", "text/plain; charset=utf-8")
    return _kept_private(response) if private else response


def _readable(request: HttpRequest, serial: str) -> tuple[Certificate, bool]:
    """A certificate whose files this reader may have, and whether others may not. Raises Http404."""
    found = get_object_or_404(Certificate.objects.select_related("version__plugin"), serial=serial)
    listed = is_public(found, published_public_rules())
    if not listed and not may_see(request.user, found) and not _asks_as_platform(request):
        raise Http404(_("There is no such certificate."))
    return found, not listed


def _asks_as_platform(request: HttpRequest) -> bool:
    """Whether the request carries a token that may ask for admission: what a platform may run, it may also prove."""
    try:
        authenticate(request.headers.get("Authorization", ""), Scope.ADMISSION_READ)
    except TokenRejected:
        return False
    return True


def _kept_private(response: HttpResponse) -> HttpResponse:
    """No shared cache keeps what not everybody may read."""
    del response["Cache-Control"]
    patch_cache_control(response, private=True, no_store=True)
    return response


def _proving(
    request: HttpRequest, make: Callable[[Certificate], bytes], found: Certificate, filename: str, content_type: str
) -> HttpResponse:
    try:
        content = make(found)
    except NotLogged as refusal:
        return _sentence(str(refusal), status=404)
    except BundleUnavailable as refusal:
        return _sentence(str(refusal), status=503)
    return _revalidated(request, content, content_type, filename)


@require_safe
def status_list(request: HttpRequest) -> HttpResponse:
    """The newest status list; with `since=SEQUENCE` what changed since that one, or the whole where that is unknown."""
    since = request.GET.get("since", "")
    if since and not (since.isascii() and since.isdecimal() and len(since) <= SEQUENCE_DIGITS):
        return _sentence(_("“since” has to be the number of a status list."), status=400)
    try:
        newest = status_lists.current(timezone.now())
        older = StatusList.objects.filter(sequence=int(since), sequence__lte=newest.sequence).first() if since else None
        content = delta_bytes(older, newest) if older else list_bytes(newest)
    except StatusListRefused as refusal:
        return _sentence(str(refusal), status=503)
    except (KeysRefusedError, StatusListAlteredError) as refusal:
        logger.critical("the status list cannot be given out: %s", refusal)
        return _sentence(_("This portal has no status list that can be trusted at the moment."), status=503)
    return _revalidated(request, content, "application/json")


@require_safe
def attestation(request: HttpRequest, sha256: str) -> HttpResponse:
    """The signed result of one check, as certificates list it, byte for byte."""
    found = get_object_or_404(CheckAttestation, sha256=sha256)
    response = _answer(request, bytes(found.envelope), "application/json", f"{found.code}-{sha256[:12]}.intoto.json")
    patch_cache_control(response, public=True, max_age=UNCHANGING, immutable=True)
    return response


@require_safe
def trust_root(request: HttpRequest) -> HttpResponse:
    """The signed trust root. Fetching it from here is convenient; knowing its digest from elsewhere is proof."""
    try:
        content = keyring.trust_root_bytes()
    except KeysRefusedError:
        logger.exception("the trust root cannot be served")
        return _sentence(_("This portal has no usable trust root at the moment."), status=503)
    response = _answer(request, content, "application/json", "trust-root.json")
    patch_cache_control(response, public=True, max_age=FRESH)
    return response


@require_safe
def older_trust_root(_request: HttpRequest, version: int) -> HttpResponse:
    """One version of the trust root, for a verifier that trusts the one before it."""
    rows = TrustRootVersion.objects.filter(environment=keyring.environment(), version__lte=LARGEST)
    found = get_object_or_404(rows, version=min(version, LARGEST + 1))
    response = HttpResponse(bytes(found.envelope), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="trust-root-{found.version}.json"'
    response["ETag"] = f'"{found.sha256}"'
    patch_cache_control(response, public=True, max_age=UNCHANGING, immutable=True)
    return response


def _revalidated(request: HttpRequest, content: bytes, content_type: str, filename: str = "") -> HttpResponse:
    """What can change at any moment: kept by caches, and asked for again each time."""
    response = _answer(request, content, content_type, filename)
    patch_cache_control(response, public=True, no_cache=True)
    return response


def _answer(request: HttpRequest, content: bytes, content_type: str, filename: str) -> HttpResponse:
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if tag in known or f"W/{tag}" in known:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type=content_type)
        if filename:
            response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["ETag"] = tag
    return response


def _sentence(text: str, *, status: int) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
    patch_cache_control(response, no_store=True)
    return response
