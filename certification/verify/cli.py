"""The command line: arguments in, one exit code out. 0 valid, 1 not valid, 2 unusable input or anything unforeseen."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from .core import verify
from .errors import UnusableError
from .files import hash_artifact, read_document
from .outcome import NO_GRACE, Request
from .output import NOT_VALID, UNUSABLE, VALID, as_json, as_text, plain, unusable_json
from .state import read_state, write_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
GRACE = re.compile(r"grace=([0-9]{1,4})", re.ASCII)
"""`--stale` with so many days."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UnusableError("arguments", plain(message))


def main(arguments: Sequence[str]) -> int:
    """Verify what the arguments name, print the result and give the exit code. Raises nothing."""
    if list(arguments) in (["--help"], ["-h"]):
        return _print(_parser().format_help().rstrip(), sys.stdout, VALID)
    wants_json = "--json" in arguments
    try:
        text, code = _run(arguments)
    except KeyboardInterrupt:
        return _complain("interrupted", "interrupted before the answer was known", wants_json=wants_json)
    except UnusableError as error:
        return _complain(error.code, error.message, wants_json=wants_json)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file breaks, the answer is never "valid"
        return _complain("internal", f"the verifier failed ({type(error).__name__})", wants_json=wants_json)
    return _print(text, sys.stdout, code)


def _run(arguments: Sequence[str]) -> tuple[str, int]:
    options = _parser().parse_args(arguments)
    at = datetime.now(UTC) if options.at is None else _instant(options.at)
    bundle = read_document(options.bundle, "bundle")
    trust_root = read_document(options.trust_root, "trust root")
    sha256, size = hash_artifact(options.artifact)
    seen = read_state(options.state) if options.state else None
    request = Request(sha256, at, options.expect_resource, _grace(options.stale), seen)
    newer = None if options.status_list is None else read_document(options.status_list, "status list")
    outcome = verify(bundle=bundle, trust_root=trust_root, request=request, status_list=newer)
    if options.state and outcome.root and outcome.status:
        write_state(
            options.state,
            trust_root=outcome.root_bytes,
            root=outcome.root,
            status_sequence=outcome.status.sequence,
        )
    text = as_json(outcome, at=at, sha256=sha256, size=size) if options.json else as_text(outcome)
    return text, VALID if outcome.valid else NOT_VALID


def _parser() -> _Parser:
    # No -h among other arguments: a file of that name must not turn into the exit code of a valid certificate.
    parser = _Parser(
        prog="verify",
        description="Check offline that a plugin is certified.",
        epilog="Exit code: 0 valid, 1 not valid, 2 unusable input.",
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the certificate bundle (*.bundle.json)")
    parser.add_argument("--trust-root", required=True, metavar="FILE", help="the trust root you trust")
    parser.add_argument("--artifact", required=True, metavar="FILE", help="the plugin the certificate is for")
    parser.add_argument("--json", action="store_true", help="print a plugwarden.verify/v1 document")
    parser.add_argument("--at", metavar="TIME", help="judge as of this RFC 3339 time instead of now (tests, audits)")
    parser.add_argument(
        "--state", metavar="FILE", help="remember the newest trust root and status list in it, and take nothing older"
    )
    parser.add_argument("--status-list", metavar="FILE", help="a status list that may be newer than the bundle's")
    parser.add_argument(
        "--stale", default="fail", metavar="fail|warn|grace=DAYS", help="what to do when the status list is out of date"
    )
    parser.add_argument("--expect-resource", metavar="URI", help="the resourceUri the certificate must name")
    return parser


def _instant(value: str) -> datetime:
    try:
        if INSTANT.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UnusableError("arguments", f"--at {plain(value)} is not an RFC 3339 time like 2026-01-31T12:00:00Z")


def _grace(value: str) -> timedelta | None:
    """Read what `--stale` says: how long after its end a status list still counts; None for ever."""
    if value == "fail":
        return NO_GRACE
    if value == "warn":
        return None
    if found := GRACE.fullmatch(value):
        return timedelta(days=int(found[1]))
    raise UnusableError("arguments", f"--stale {plain(value)} is neither fail, warn nor grace=DAYS, such as grace=3")


def _complain(code: str, message: str, *, wants_json: bool) -> int:
    if wants_json:
        return _print(unusable_json(code, message), sys.stdout, UNUSABLE)
    return _print(f"UNUSABLE: {message}", sys.stderr, UNUSABLE)


def _print(text: str, stream: TextIO | None, code: int) -> int:
    """Print with whatever the stream can show; a result that cannot be delivered is not a valid one."""
    if stream is None:  # Python was started with the stream closed
        return UNUSABLE
    encoding = stream.encoding or "ascii"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        # Python flushes once more at exit, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return UNUSABLE
    return code
