"""OSV's query API over the imported feeds, for scanners that speak it: one package, one version, read-only.

Protocol: https://google.github.io/osv.dev/post-v1-query/. What cannot be answered is an error, never an empty answer:
that would be read as "not affected".
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from plugins.advisories.endpoint import QUERY_LIMIT, QueryInvalid, answer_query
from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import RecordInvalid, parse_record
from plugins.package import Dependency
from plugins.services.feeds import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugins.advisories.osv import OsvRecord

INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED = 3, 14, 12
"""Codes of google.rpc.Code, as OSV's own errors carry them."""


@csrf_exempt  # nothing is changed, and scanners have no cookies
def query(request: HttpRequest) -> JsonResponse:
    """Answer one query."""
    if request.method != "POST":
        reply = _error(HTTPStatus.METHOD_NOT_ALLOWED, UNIMPLEMENTED, "A query is sent by POST.")
        reply["Allow"] = "POST"
        return reply
    try:
        asked = _read(request)
        dependency = _dependency(asked)
        feed = snapshot([dependency] if dependency else [])
        if feed is None:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, "No advisory feed is imported.")
        return JsonResponse(answer_query(AdvisoryIndex(list(_records(feed.advisories))), asked))
    except QueryInvalid as problem:
        return _error(HTTPStatus.BAD_REQUEST, INVALID_ARGUMENT, str(problem))


def _read(request: HttpRequest) -> object:
    length = request.headers.get("Content-Length") or ""
    if not length.isdecimal() or not 0 < int(length) <= QUERY_LIMIT:
        raise QueryInvalid("A query has to have a body of reasonable length.")
    try:
        return json.loads(request.read(int(length)))
    except (ValueError, RecursionError) as problem:
        raise QueryInvalid("The query is not readable as JSON.") from problem


def _dependency(asked: object) -> Dependency | None:
    """The package as the feeds look it up; None where the query names none, which the answer then refuses."""
    package = asked.get("package") if isinstance(asked, dict) else None
    name, ecosystem = (package.get(key) for key in ("name", "ecosystem")) if isinstance(package, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(ecosystem, str):
        return None
    if not (name + ecosystem).isprintable():  # half a surrogate pair, say, which no database can be asked for
        raise QueryInvalid("The package's name or ecosystem holds characters that no name holds.")
    return Dependency(ecosystem=ecosystem, name=name, requirement="", scope="runtime", direct=True)


def _records(documents: tuple[Mapping[str, object], ...]) -> Iterator[OsvRecord]:
    for document in documents:
        try:
            yield parse_record(document)
        except RecordInvalid as problem:  # it was valid at import: leaving it out would read as "not affected"
            raise QueryInvalid("A record about this package cannot be read.") from problem


def _error(status: HTTPStatus, code: int, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
