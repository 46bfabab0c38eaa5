"""OSV's query API over a set of records: the answers, and a small standard-library server for inside the sandbox.

Protocol: https://google.github.io/osv.dev/post-v1-query/, the single query by package and version.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from plugins.advisories.ranges import Undecidable
from plugins.advisories.versions import VersionInvalid, normalise_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.advisories.matching import AdvisoryIndex

QUERY_LIMIT = 64 * 1024
QUERY_PATH = "/v1/query"
POLL_SECONDS = 0.01
"""How soon the server notices that it is to end; with half a second, its default, every vetting waited for that."""


class QueryInvalid(ValueError):
    """A query that cannot be answered; the message is one plain sentence."""


def answer_query(index: AdvisoryIndex, query: object) -> dict[str, object]:
    """Answer `{"package": {"name", "ecosystem"}, "version"?}` with `{"vulns": [...]}`, or `{}` where there are none.

    Without a version every active record of the package is given. Raises QueryInvalid, also where a record's ranges
    cannot be evaluated for the version: an answer that leaves it out would be read as "not affected".
    """
    package = query.get("package") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(package, dict):
        raise QueryInvalid("A query has to name a package.")
    name, ecosystem, version = package.get("name"), package.get("ecosystem"), query.get("version")
    if not isinstance(name, str) or not isinstance(ecosystem, str) or not isinstance(version, str | None):
        raise QueryInvalid("A package has to be given by name and ecosystem, a version as text.")
    name = normalise_name(ecosystem, name)
    try:
        found = index.affecting(ecosystem, name, version) if version else index.about(ecosystem, name)
        records = [record.raw for record in found]
    except (VersionInvalid, Undecidable) as problem:
        raise QueryInvalid(str(problem)) from problem
    return {"vulns": records} if records else {}


@contextmanager
def serving(index: AdvisoryIndex) -> Iterator[str]:
    """Serve the records on a free port of 127.0.0.1 while the block runs; gives the address of the query."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(index))
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{QUERY_PATH}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(index: AdvisoryIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers POST /v1/query."""

        protocol_version = "HTTP/1.1"
        timeout = 30
        wbufsize = -1  # head and body in one packet: two cost a delayed acknowledgement, 40 ms a query

        def do_POST(self) -> None:
            """Read the query, answer it."""
            if self.path != QUERY_PATH:
                self._reply(HTTPStatus.NOT_FOUND, {"code": 5, "message": "There is only /v1/query here."})
                return
            try:
                self._reply(HTTPStatus.OK, answer_query(index, self._query()))
            except QueryInvalid as problem:
                self._reply(HTTPStatus.BAD_REQUEST, {"code": 3, "message": str(problem)})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
            """Say nothing: stderr belongs to the engine."""

        def _query(self) -> object:
            try:
                length = int(self.headers.get("Content-Length", ""))
                if not 0 < length <= QUERY_LIMIT:
                    raise QueryInvalid("A query has to have a body of reasonable length.")
                return json.loads(self.rfile.read(length))
            except (ValueError, RecursionError) as problem:
                self.close_connection = True
                raise QueryInvalid("The query is not readable as JSON.") from problem

        def _reply(self, status: HTTPStatus, document: dict[str, object]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
