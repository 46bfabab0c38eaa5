"""Badges and feeds: for other sites and for machines, without cookies, kept for a minute."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import conditional_page, require_safe

from certification.public import badge, feeds
from certification.public.listing import public
from governance.services import published_public_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certification.public.badge import Badge
    from certification.public.feeds import Item

FRESH = 60
"""Seconds a shared cache may keep what can change at any moment: a revocation must show."""
SVG = "image/svg+xml"
JSON_FEED = "application/feed+json"
ATOM = "application/atom+xml; charset=utf-8"


@require_safe
@conditional_page
def certificate_badge(_request: HttpRequest, serial: str) -> HttpResponse:
    """The badge of one certificate."""
    now = timezone.now()
    found = public(published_public_rules()).filter(serial=serial).first()
    return _picture(badge.of_certificate(found, now) if found else badge.unknown())


@require_safe
@conditional_page
def plugin_badge(_request: HttpRequest, format_: str, name: str) -> HttpResponse:
    """The badge of a plugin, whatever its newest version: it may stand in a README for good."""
    rows = public(published_public_rules()).filter(version__plugin__format=format_, version__plugin__name=name)
    return _picture(badge.of_plugin(rows, timezone.now()))


@require_safe
@conditional_page
def feed_json(_request: HttpRequest) -> HttpResponse:
    """The feed as JSON."""
    found = feeds.items(published_public_rules(), timezone.now())
    return _feed(found, json.dumps(feeds.json_feed(found), ensure_ascii=False), JSON_FEED)


@require_safe
@conditional_page
def feed_atom(_request: HttpRequest) -> HttpResponse:
    """The feed as Atom."""
    found = feeds.items(published_public_rules(), timezone.now())
    return _feed(found, feeds.atom_feed(found), ATOM)


def _picture(what: Badge) -> HttpResponse:
    return _shared(HttpResponse(what.svg(), content_type=SVG))


def _feed(found: Sequence[Item], text: str, kind: str) -> HttpResponse:
    response = HttpResponse(text, content_type=kind)
    response["Last-Modified"] = http_date(max((item.updated for item in found), default=feeds.NEVER).timestamp())
    return _shared(response)


def _shared(response: HttpResponse) -> HttpResponse:
    """Other sites may show it and read it: there is nothing in it that not everybody may know."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    patch_cache_control(response, public=True, max_age=FRESH)
    return response
