"""Repositories are written in many ways; two ways of writing one place must compare as equal."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SSH = re.compile(r"(?:ssh://)?git@(?P<host>[a-z0-9.-]+)[:/](?P<path>[^\s?#]+)", re.ASCII | re.IGNORECASE)
_SHORT = re.compile(
    r"(?:(?P<site>github|gitlab|bitbucket):)?(?P<path>[a-z0-9_.-]+/[a-z0-9_.-]+)", re.ASCII | re.IGNORECASE
)
_SITES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_FOLDS_CASE = frozenset(_SITES.values())
"""Sites on which `Acme/Nodes` and `acme/nodes` are one place."""
_TWO_PARTS = frozenset({"github.com", "bitbucket.org"})
"""Sites on which a repository is an owner and a name; what follows is a place in it."""
_REF = re.compile(r"@refs/.*$|(?<=[^/])@[^/]*$")


def normal(address: str) -> str:
    """`https://host/path`, without `git+`, `.git`, user, ref and trailing slash; "" for what names no repository."""
    text = address.strip().removeprefix("git+").removeprefix("scm:git:")
    if found := _SSH.fullmatch(text):
        host, path = found["host"], found["path"]
    elif found := _SHORT.fullmatch(text):
        host, path = _SITES[(found["site"] or "github").lower()], found["path"]
    else:
        try:
            parts = urlsplit(text)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return ""
        if parts.scheme not in {"https", "http", "git", "ssh"}:
            return ""
    host = host.lower().removeprefix("www.")
    path = _REF.sub("", path).strip("/").partition("/-/")[0]
    if host in _TWO_PARTS:
        path = "/".join(path.split("/")[:2])
    path = path.removesuffix(".git").strip("/")
    if not host or not path:
        return ""
    return f"https://{host}/{path.lower() if host in _FOLDS_CASE else path}"


def ref_of(address: str) -> str:
    """The ref in `git+https://host/owner/name@refs/tags/v1`; "" where there is none."""
    _, at, ref = address.rpartition("@refs/")
    return f"refs/{ref}" if at else ""
