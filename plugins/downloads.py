"""Fetch one file over HTTP, strictly: encrypted all the way, within a size and a time, whole or not at all.

A plain `http` address is taken only for this machine itself, where a mirror may stand. Nothing of an answer that breaks
a rule is used, so that what was there before stays.
"""

from __future__ import annotations

import http.client
import ipaddress
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from http.client import HTTPMessage

MIB = 1024 * 1024
CHUNK = 256 * 1024
MAX_REDIRECTS = 5
_OK = 200


class DownloadRefused(Exception):
    """A file that was not fetched; the message is one plain sentence that names its address."""


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """How large a file may be, how long a silence may last, and how long the whole may take."""

    size: int
    """Bytes."""
    silence: float = 60.0
    """Seconds."""
    total: float = 1800.0
    """Seconds."""


def download(url: str, file: IO[bytes], limits: DownloadLimits) -> None:
    """Write what stands at an address into a file that is open for writing. Raises DownloadRefused."""
    _refuse_unsafe(url, url)
    ends = time.monotonic() + limits.total
    try:
        with urllib.request.build_opener(_Redirects(url)).open(url, timeout=limits.silence) as answer:
            if answer.status != _OK:
                raise DownloadRefused(f"{url} answers {answer.status}, not with a file.")
            _copy(url, answer, file, limits, ends)
    except urllib.error.HTTPError as problem:
        problem.close()
        raise DownloadRefused(f"{url} cannot be fetched: HTTP {problem.code}.") from problem
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as problem:
        reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
        raise DownloadRefused(f"{url} cannot be fetched: {_shown(reason)}.") from problem
    file.flush()


def _copy(url: str, answer: Any, file: IO[bytes], limits: DownloadLimits, ends: float) -> None:
    length = answer.headers.get("Content-Length", "")
    announced = int(length) if length.isascii() and length.isdigit() else None
    if announced is not None and announced > limits.size:
        raise DownloadRefused(_too_large(url, limits))
    taken = 0
    while chunk := answer.read1(CHUNK):
        taken += len(chunk)
        if taken > limits.size:
            raise DownloadRefused(_too_large(url, limits))
        if time.monotonic() > ends:
            raise DownloadRefused(f"{url} did not come within {limits.total:g} seconds.")
        file.write(chunk)
    if announced is not None and taken != announced:
        raise DownloadRefused(f"{url} broke off after {taken:,} of {announced:,} bytes.")


def _too_large(url: str, limits: DownloadLimits) -> str:
    return f"{url} is larger than {limits.size // MIB} MiB."


def _shown(problem: object) -> str:
    text = "".join(sign if sign.isprintable() else " " for sign in str(problem)) or type(problem).__name__
    return text[:200].rstrip(".")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects that stay as safe as the first address."""

    max_redirections = MAX_REDIRECTS

    def __init__(self, first: str) -> None:
        self._first = first

    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        try:
            _refuse_unsafe(newurl, self._first)
        except DownloadRefused:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse_unsafe(url: str, first: str) -> None:
    """Only `https` is followed, and `http` to this machine where the first address was that as well."""
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and _is_here(parts.hostname) and _is_here(urlsplit(first).hostname)
    except ValueError:
        raise DownloadRefused(f"{_shown(first)} is no address.") from None
    if parts.scheme != "https" and not local:
        leads = "is" if url == first else "leads to"
        raise DownloadRefused(f"{_shown(first)} {leads} an address without encryption, which is not followed.")


def _is_here(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
