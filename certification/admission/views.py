"""The addresses below `/api/v1/admission`: answers, and acknowledgements of recalls."""

from __future__ import annotations

import hashlib
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import parse_etags

from certification import recalls
from certification.admission.answers import judge
from certification.admission.lookup import look_up
from governance.api import JSON, ApiProblem, answering, api_view, read_json, written
from governance.services.tokens import authenticate, demand, presented
from governance.tokens import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certification.admission.answers import Answer
    from certification.models import Recall

DIGEST = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
SERIAL = re.compile(r"[0-9A-Za-z-]{1,40}", re.ASCII)
MOST = 1_000
"""Digests or serials in one request, and recalls in one answer."""
MOST_BYTES = 128 * 1024
"""Of a body; 1,000 digests are some 70 KB."""
LARGEST_NUMBER = 2**63 - 1


@answering
def answer(request: HttpRequest) -> HttpResponse:
    """The answer about one digest, to be kept for some seconds and asked for again by its ETag."""
    given = request.GET.getlist("sha256")
    digest = given[0] if len(given) == 1 else ""
    if not DIGEST.fullmatch(digest):
        authenticate(request.META.get("HTTP_AUTHORIZATION", ""), Scope.ADMISSION_READ)  # strangers learn nothing
        raise _no_digest(len(given))
    (found,) = _answers(request, [digest.lower()])
    return _kept(request, found)


@answering
def answer_many(request: HttpRequest) -> HttpResponse:
    """The answers about a list of digests, in its order."""
    try:
        digests = _digests(read_json(request, most=MOST_BYTES))
    except ApiProblem:
        authenticate(request.META.get("HTTP_AUTHORIZATION", ""), Scope.ADMISSION_READ)
        raise
    return _json({"answers": [found.document() for found in _answers(request, digests)]})


@answering
def open_recalls(request: HttpRequest) -> HttpResponse:
    """What the token's platform has to acknowledge, oldest first, from the number after `after` on."""
    token = authenticate(request.META.get("HTTP_AUTHORIZATION", ""), Scope.ADMISSION_ACKNOWLEDGE)
    after = _number(request.GET.get("after", "0"), "after")
    rows = list(recalls.open_for(token.user).filter(pk__gt=after)[: MOST + 1])
    return _json({"open": [_recall(row) for row in rows[:MOST]], "more": len(rows) > MOST})


@answering
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Note that the token's platform has taken recalls into account: those of some serials, or all up to a number."""
    token = authenticate(request.META.get("HTTP_AUTHORIZATION", ""), Scope.ADMISSION_ACKNOWLEDGE)
    asked = read_json(request, most=MOST_BYTES)
    match asked:
        case {"serials": list(serials)} if len(asked) == 1:
            _demand_serials(serials)
            try:
                given = recalls.acknowledge(token=token, serials=serials)
            except recalls.NothingToAcknowledge as refusal:
                raise ApiProblem(HTTPStatus.CONFLICT, "nothing-to-acknowledge", str(refusal)) from refusal
        case {"through": through} if len(asked) == 1:
            given = recalls.acknowledge_through(token=token, number=_number(through, "through"))
        case _:
            text = 'Send {"serials": ["PW-…"]} or {"through": NUMBER}.'
            raise ApiProblem(HTTPStatus.BAD_REQUEST, "body-malformed", text)
    rows = [
        {
            "number": one.recall_id,
            "serial": one.recall.certificate.serial,
            "state": one.recall.state,
            "acknowledgedAt": written(one.at),
        }
        for one in given
    ]
    return _json({"acknowledged": rows, "open": recalls.open_for(token.user).count()})


@answering
def nothing_here(_request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Every other address of the API."""
    raise ApiProblem(HTTPStatus.NOT_FOUND, "not-found", "There is no such address; /api/v1/openapi.json lists them.")


admission = api_view(get=answer, post=answer_many)
acknowledgements = api_view(get=open_recalls, post=acknowledge)
elsewhere = api_view(get=nothing_here, post=nothing_here)


def _answers(request: HttpRequest, digests: Sequence[str]) -> list[Answer]:
    """The answers in the order of the digests, if the request's token may have them."""
    now = timezone.now()
    bearer, about = look_up(
        token=presented(request.META.get("HTTP_AUTHORIZATION", "")),
        scope=Scope.ADMISSION_READ,
        digests=digests,
        today=timezone.localdate(now),
    )
    demand(bearer, Scope.ADMISSION_READ, now)
    return [judge(digest, about.get(digest, ()), now=now, demo=settings.DEMO) for digest in digests]


def _kept(request: HttpRequest, found: Answer) -> HttpResponse:
    """One answer, or that it is still the same."""
    body = json.dumps(found.document()).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={found.fresh_for(timezone.now())}",
        "Vary": "Authorization",
    }
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and (known.strip() == "*" or etag in {tag.removeprefix("W/") for tag in parse_etags(known)}):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if request.method == "HEAD":
        return HttpResponse(content_type=JSON, headers={**headers, "Content-Length": str(len(body))})
    return HttpResponse(body, content_type=JSON, headers=headers)


def _json(document: object) -> HttpResponse:
    return HttpResponse(json.dumps(document), content_type=JSON, headers={"Cache-Control": "no-store"})


def _no_digest(given: int) -> ApiProblem:
    if given == 0:
        return ApiProblem(HTTPStatus.BAD_REQUEST, "digest-missing", "Say which file: ?sha256= and its SHA-256 in hex.")
    if given > 1:
        text = "Ask about one digest at a time, or about up to 1,000 by POST."
        return ApiProblem(HTTPStatus.BAD_REQUEST, "digest-repeated", text)
    return ApiProblem(HTTPStatus.BAD_REQUEST, "digest-malformed", "A SHA-256 is 64 hexadecimal digits.")


def _digests(asked: object) -> list[str]:
    given = asked.get("sha256") if isinstance(asked, dict) and len(asked) == 1 else None
    if not isinstance(given, list) or not given:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "body-malformed", 'Send {"sha256": ["…"]} with 1 to 1,000 digests.')
    if len(given) > MOST:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "too-many", f"{len(given):,} digests; at most {MOST:,} at once.")
    for place, one in enumerate(given, 1):
        if not isinstance(one, str) or not DIGEST.fullmatch(one):
            text = f"Item {place} is no SHA-256, which is 64 hexadecimal digits. None was answered."
            raise ApiProblem(HTTPStatus.BAD_REQUEST, "digest-malformed", text)
    return [one.lower() for one in given]


def _demand_serials(given: list[Any]) -> None:
    if not 0 < len(given) <= MOST:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "too-many", f"Send 1 to {MOST:,} serials at once.")
    for place, one in enumerate(given, 1):
        if not isinstance(one, str) or not SERIAL.fullmatch(one):
            raise ApiProblem(HTTPStatus.BAD_REQUEST, "serial-malformed", f"Item {place} is no serial.")


def _number(given: object, name: str) -> int:
    """A recall's number, as a whole number or its digits."""
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < len(str(LARGEST_NUMBER)):
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= LARGEST_NUMBER:
        return given
    raise ApiProblem(HTTPStatus.BAD_REQUEST, "number-malformed", f"{name} is a recall's number, from 0 on.")


def _recall(row: Recall) -> dict[str, Any]:
    certificate, plugin = row.certificate, row.certificate.version.plugin
    return {
        "number": row.pk,
        "serial": certificate.serial,
        "sha256": certificate.sha256,
        "state": row.state,
        "since": written(row.at),
        "plugin": {"format": plugin.format, "name": plugin.name, "version": certificate.version.version},
    }
