"""Attestations that a registry offers for a package it serves: asked for where the package was fetched. No Django.

The registry is the one that npm and pip are set up with. Nothing is asked of any other host, no redirect is followed,
and whatever goes wrong means that there is none: what was got is a stranger's document until it is verified.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from packaging.utils import canonicalize_name

from plugins.provenance.strict import MAX_DOCUMENT_BYTES, Unreadable, json_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TIMEOUT = 20
CLIENT_TIMEOUT = 60
PIP_INDEX = (
    "from pip._internal.commands import create_command; print(create_command('download').parse_args([])[0].index_url)"
)
"""Where pip asks, from pip itself: its environment, its files, its own default."""
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
"""PEP 691; its files name their provenance by PEP 740."""


def npm_attestations(name: str, version: str, into: Path) -> Path | None:
    """What npm's registry offers for a version, as a file in a folder that is there."""
    scope = name.partition("/")[0] if name.startswith("@") else ""
    own = _said(["npm", "config", "get", f"{scope}:registry"]) if scope else ""
    registry = own if own.startswith("http") else _said(["npm", "config", "get", "registry"])
    address = _said(["npm", "view", f"{name}@{version}", "dist.attestations.url"])
    document = _get(address, registry) if registry else None
    return _kept(document, into / "npm-attestations.json")


def pypi_attestations(name: str, filename: str, into: Path) -> Path | None:
    """What the Python index offers for one of its files."""
    index = _said([sys.executable, "-c", PIP_INDEX])
    if not index.startswith("http"):
        return None
    page = f"{index.rstrip('/')}/{quote(canonicalize_name(name))}/"
    listed = _get(page, index, accept=SIMPLE_JSON)
    address = _provenance_of(listed, filename)
    document = _get(urljoin(page, address), index) if address else None
    return _kept(document, into / f"{filename}.provenance")


def _provenance_of(listed: bytes | None, filename: str) -> str:
    try:
        page: Any = json_of(listed or b"", "The index")
        files = page["files"]
        found = next(file for file in files if file["filename"] == filename)
        return str(found.get("provenance") or "")
    except (Unreadable, LookupError, TypeError, AttributeError, StopIteration):
        return ""


def _kept(document: bytes | None, path: Path) -> Path | None:
    if not document:
        return None
    path.write_bytes(document)
    return path


def _said(command: Sequence[str]) -> str:
    """One line that a client prints; empty where it has nothing to say."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=CLIENT_TIMEOUT, check=False, text=True)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    text = done.stdout.strip()
    return text if done.returncode == 0 and "\n" not in text and text != "undefined" else ""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a registry that sends us elsewhere offers nothing."""

    def redirect_request(self, *_args: Any) -> None:
        """Refuse."""


def _get(address: str, registry: str, *, accept: str = "application/json") -> bytes | None:
    """The document at an address of the registry's own host; None for everything else."""
    try:
        wanted, own = urlsplit(address), urlsplit(registry)
        if wanted.scheme not in {"https", "http"} or (wanted.scheme, wanted.netloc) != (own.scheme, own.netloc):
            return None
        request = urllib.request.Request(address, headers={"Accept": accept})  # noqa: S310 - the scheme is checked
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT) as answer:
            data: bytes = answer.read(MAX_DOCUMENT_BYTES + 1)
        json.loads(data)
    except (OSError, HTTPException, ValueError, RecursionError):
        return None
    return data if len(data) <= MAX_DOCUMENT_BYTES else None
