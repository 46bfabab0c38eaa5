"""Hosts and ports as people and code write them, and what a declared one covers.

A declared name covers itself only, never its subdomains. `*.example.com` covers every name below `example.com`, at any
depth, but not `example.com` itself; the rest of a wildcard must have two labels at least, so `*` and `*.com` cover
nothing. A declared port covers that port and a use whose port is not known; no declared port covers every port. Names
are compared in lower case, without a final dot, international ones in their ASCII form. Loopback is no egress.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.package import EgressHost


WEB_PORTS = frozenset({80, 443})
_MAX_PORT = 65535


def covers(declared: EgressHost, host: str, port: int = 0) -> bool:
    """Whether a declared entry covers a host in `normal_host` form at a port (0: not known)."""
    if declared.port and port and declared.port != port:
        return False
    pattern = normal_host(declared.host)
    if pattern.startswith("*."):
        return not too_wide(pattern) and host.endswith(pattern[1:])
    return pattern == host


def normal_host(host: str) -> str:
    """The form in which hosts are compared: lower case, no final dot, no brackets, ASCII where there is such a form."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def split_port(value: str) -> tuple[str, int]:
    """Split `host:port`, `[v6]:port` or a bare host into the host in `normal_host` form and the port, 0 if none."""
    head, colon, tail = value.strip().rpartition(":")
    if (
        colon
        and tail.isascii()
        and tail.isdigit()
        and (":" not in head or head.endswith("]"))
        and int(tail) <= _MAX_PORT
    ):
        return normal_host(head), int(tail)
    return normal_host(value), 0


def is_loopback(host: str) -> bool:
    """Whether the host is the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def too_wide(host: str) -> bool:
    """A wildcard whose fixed part has fewer than two labels."""
    name = normal_host(host)
    return "*" in name and (not name.startswith("*.") or "*" in name[2:] or name[2:].count(".") < 1)
