"""Values of strangers' manifests in the shape a reader wants, and the web addresses among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plugins.documents import clean
from plugins.package import EgressHost

if TYPE_CHECKING:
    from collections.abc import Iterator

PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}
_MAX_HOST = 253
_HOST_MARKS = frozenset("-._")
MAX_LISTED = 100
"""Items of a list that are kept as a fact; no honest manifest has more."""


def as_object(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def texts(value: object, limit: int = 200) -> tuple[str, ...]:
    """The texts of a list, fit for storing, without empty ones and repetitions."""
    cleaned = (clean(item, limit) for item in as_list(value)[:MAX_LISTED])
    return tuple(dict.fromkeys(text for text in cleaned if text))


def listed(value: tuple[str, ...], most: int = 12) -> str:
    """Texts as one phrase, cut aloud."""
    more = f" and {len(value) - most} more" if len(value) > most else ""
    return clean(", ".join(value[:most]), 600) + more


def is_host(text: str) -> bool:
    """Whether a text is a plain host name or IPv4 address."""
    return 0 < len(text) <= _MAX_HOST and text.isascii() and all(c.isalnum() or c in _HOST_MARKS for c in text)


def is_address(value: object) -> bool:
    """Whether a value is a web address."""
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))


def address_host(address: object, purpose: str) -> EgressHost | None:
    """The host of a web address; `*` where it is made at run time, None where the value is no web address."""
    if not isinstance(address, str) or not is_address(address):
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not is_host(host):
        return EgressHost("*", 0, f"{purpose}, at an address made at run time") if host else None
    return EgressHost(host, port or PORTS[parts.scheme.lower()], purpose)


def address_hosts(value: object, purpose: str) -> Iterator[EgressHost]:
    """The host of every web address in a nested value; its depth is limited by the loader."""
    if isinstance(value, str):
        if host := address_host(value, purpose):
            yield host
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from address_hosts(item, purpose)


def unique_hosts(hosts: Iterator[EgressHost] | list[EgressHost]) -> tuple[EgressHost, ...]:
    """The hosts without repetitions of host and port: the first purpose stands."""
    seen: dict[tuple[str, int], EgressHost] = {}
    for host in hosts:
        seen.setdefault((host.host, host.port), host)
    return tuple(seen.values())
