"""What every address of the API has in common: problems as RFC 9457 says, and no page, cookie or traceback ever."""

from __future__ import annotations

import json
import logging
from datetime import UTC
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from governance.services.tokens import ScopeMissing, TokenRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

logger = logging.getLogger(__name__)

PREFIX = "/api/"
JSON = "application/json"
PROBLEM = "application/problem+json"
REALM = 'Bearer realm="plugwarden"'


class ApiProblem(Exception):
    """A request that is not answered; the text is one sentence for whoever wrote the client."""

    def __init__(self, status: HTTPStatus, code: str, text: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.headers = status, code, dict(headers or {})

    def response(self) -> HttpResponse:
        """The problem as a document."""
        document = {
            "type": f"urn:plugwarden:problem:{self.code}",
            "title": self.status.phrase,
            "status": self.status.value,
            "code": self.code,
            "detail": str(self),
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return HttpResponse(json.dumps(document), status=self.status, content_type=PROBLEM, headers=headers)


def api_view(**methods: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """One view of functions by method, e.g. `api_view(get=answer, post=answer_many)`; HEAD goes with GET.

    Cookies are never looked at, so that there is nothing a foreign page could make a browser do.
    """
    handlers = {name.upper(): handler for name, handler in methods.items()}
    if "GET" in handlers:
        handlers["HEAD"] = handlers["GET"]
    allowed = ", ".join(sorted(handlers))

    @csrf_exempt
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        handler = handlers.get(request.method or "")
        if handler is None:
            text = f"Here only {allowed} can be done."
            return ApiProblem(HTTPStatus.METHOD_NOT_ALLOWED, "method", text, {"Allow": allowed}).response()
        return handler(request, **kwargs)

    return view


def answering(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn what a handler raises into problems."""

    @wraps(handler)
    def handle(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return handler(request, **kwargs)
        except ApiProblem as problem:
            return problem.response()
        except TokenRejected as refusal:
            return _rejected(refusal)
        except UnreadablePostError:
            return ApiProblem(HTTPStatus.BAD_REQUEST, "body-unreadable", "The body broke off.").response()
        except DatabaseFault:
            logger.exception("the API cannot ask the database")
            text = "The portal cannot answer at the moment. Whoever asks for admission admits nothing new meanwhile."
            return ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", text, {"Retry-After": "5"}).response()

    return handle


def _rejected(refusal: TokenRejected) -> HttpResponse:
    """401 or 403, with the challenge of RFC 6750."""
    if isinstance(refusal, ScopeMissing):
        status, challenge = HTTPStatus.FORBIDDEN, f'{REALM}, error="insufficient_scope"'
    elif refusal.code == "token-missing":
        status, challenge = HTTPStatus.UNAUTHORIZED, REALM
    else:
        status, challenge = HTTPStatus.UNAUTHORIZED, f'{REALM}, error="invalid_token"'
    return ApiProblem(status, refusal.code, str(refusal), {"WWW-Authenticate": challenge}).response()


def written(moment: datetime) -> str:
    """A time as every document of the API has it: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_json(request: HttpRequest, *, most: int) -> Any:
    """The JSON document a request brings, of at most so many bytes.

    Raises:
        ApiProblem: there is none of that kind or length, or it is not JSON.
    """
    if request.content_type != JSON:
        raise ApiProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content-type", f"Send the body as {JSON}.")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdecimal()):
        raise ApiProblem(HTTPStatus.LENGTH_REQUIRED, "length-missing", "Say the body's length in Content-Length.")
    if len(length) > len(str(most)) or int(length) > most:
        raise ApiProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", f"The body has at most {most} bytes.")
    try:
        return json.loads(request.read(int(length)).decode("utf-8"))
    except (ValueError, RecursionError) as fault:
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "not-json", "The body is not JSON in UTF-8.") from fault
