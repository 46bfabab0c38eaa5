"""Hosts named by constants in code: which count as egress, and which are passed over, with the reason.

Decisions: IP addresses count, private ones and the cloud's metadata address too. Loopback (`localhost`, `127.0.0.0/8`,
`::1`) does not leave the machine and is kept in the evidence only. Names with one label (`redis`) count: they are
hosts of the platform's own network. Where only the end of a name is known, `*.example.com` is recorded.

What stands in a comment, a link, a sentence, or under a key that is only shown (`documentationUrl`) is *mentioned*:
kept apart from egress, unless the package's code reads that key or takes the text to pieces.
"""

from __future__ import annotations

import base64
import binascii
import functools
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from plugins.checks.engines.names_common import RELATIVE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_SCHEMES = (
    r"https?|wss?|ftps?|sftp|mqtts?|amqps?|rediss?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|smtps?|ldaps?"
    r"|tcp|tls|udp|ssh|git|socks[45]?"
)
_URL = re.compile(rf"(?i)(?<![a-z0-9+.-])(?:{_SCHEMES})://([^\s/?#\"'`<>\\,;)|]+)([^\s\"'`<>]*)")
_PLACEHOLDER = re.compile(r"\{\{(?:(?!\}\}|\{\{).)*\}\}|\$\{[^{}]*\}|%\(\w+\)s|%[sd]|\{\w*\}|<[\w-]+>")
_NAME = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?")
_DOTTED = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
_PROSE = re.compile(r"(?:\b[^\W\d_]+\b[\s,.:;()'\"-]+){3,}$")
_BEFORE = 200
"""Characters in front of an address that say whether it stands in a sentence; all of them would cost their square."""
_COMMAND = re.compile(
    r"\b(curl|wget|nc|ncat|ssh|scp|fetch|git|pip3?|npm|npx|Invoke-WebRequest|powershell|iwr|bash|sh)\b"
)
_LINK = re.compile(r"(?i)\bhref\s*=\s*\\?[\"']?$")
_ENCODED = re.compile(r"aHR0c[A-Za-z0-9+/_=-]{7,}")
_LOOPBACK = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "host.docker.internal"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One host in one constant. `skipped` says why it is no egress; `encoded` that it was hidden by base64."""

    host: str
    skipped: str = ""
    encoded: bool = False
    mentioned: bool = False
    """No egress, but told to people, who may want to know."""


@functools.cache
def book() -> dict[str, Any]:
    """The judgement's data."""
    data = yaml.safe_load(Path(__file__).with_name("hosts.yaml").read_bytes())
    assert isinstance(data, dict)  # noqa: S101 - our own file
    return data


def judge(text: str, key: str = "", *, used: AbstractSet[str] = frozenset(), taken: bool = False) -> list[Seen]:
    """All hosts a constant names, in order. `key` is the property, argument or call the constant is given to.

    `used` are the keys that the code of the package reads, `taken` says that it takes this text to pieces: what only
    seems to be shown counts as egress then.
    """
    plain = _PLACEHOLDER.sub(UNKNOWN, text)
    if start := RELATIVE.match(plain):
        plain = "https:" + plain[start.end() :]
    found = [seen for match in _URL.finditer(plain) if (seen := _address(match, plain, key, used, taken=taken))]
    if not found and (host := _bare(plain.strip(), key)):
        found = [Seen(host, _loopback(host))]
    for match in _ENCODED.finditer(text):
        found += [
            Seen(seen.host, seen.skipped, encoded=True, mentioned=seen.mentioned)
            for seen in judge(_decoded(match[0]), key)
        ]
    return found


def _address(match: re.Match[str], text: str, key: str, used: AbstractSet[str], *, taken: bool) -> Seen | None:
    host = normal_host(match[1])
    if not host:
        return None
    if never := _loopback(host) or _identifier(host, match[2]):
        return Seen(host, never)
    shown = "" if taken else _shown(match, text, key, used)
    return Seen(host, shown, mentioned=bool(shown))


def _shown(match: re.Match[str], text: str, key: str, used: AbstractSet[str]) -> str:
    """Why an address is only shown to people: by the key it is given to, as a link, or in the middle of prose."""
    reason = book()["presentation"].get(key)
    prose = key in book()["prose"] and " " in text.strip() and not _names_command(text)
    if reason and (key not in used or prose):
        return f"{key}: {reason}"
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    if reason and key not in book()["prose"]:
        return ""
    if _LINK.search(before):
        return "a link in HTML"
    if _PROSE.search(before) and not _names_command(text):
        return "an address in a sentence"
    return ""


@functools.lru_cache(maxsize=8)  # asked once an address, of one text after the other
def _names_command(text: str) -> bool:
    return bool(_COMMAND.search(text))


def _identifier(host: str, rest: str) -> str:
    for name, reason in book()["identifiers"].items():
        known, slash, path = name.partition("/")
        if host == known and (not slash or rest.lstrip("/").startswith(path)):
            return f"identifier: {reason}"
    return ""


def _loopback(host: str) -> str:
    if host in _LOOPBACK or host.endswith(".localhost"):
        return "loopback"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "loopback" if address.is_loopback or address.is_unspecified else ""


def _bare(text: str, key: str) -> str:
    """A constant that is nothing but a host: an IPv4 address, or a name where a host is expected."""
    expected = key in book()["host_keys"] or key.removeprefix("call:") in book()["connect_calls"]
    lower = text.lower()
    if expected and _DOTTED.fullmatch(lower):
        return lower
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return ""
    # 1.2.3.4 may be a version: believed where a host is expected, or where no version would look like it
    return str(address) if expected or max(address.packed) > 99 else ""  # noqa: PLR2004


def normal_host(authority: str) -> str:
    """The host of an address's authority part, lower-case, without user and port, numbers dotted; or ""."""
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return _ip(host[1:].partition("]")[0])
    host = host.partition(":")[0].lower().rstrip(".")
    if UNKNOWN in host:
        host = _known_end(host)
    if not host or host == "*":
        return ""
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    return _number(host) or (host if len(host) <= 253 and _NAME.fullmatch(host) else "")  # noqa: PLR2004 - RFC 1035


def _known_end(host: str) -> str:
    """`api.acme.io?` with a path unknown is `api.acme.io`; `?.acme.io` is `*.acme.io`; an unknown end says nothing."""
    head, _, tail = host.rpartition(UNKNOWN)
    if tail:
        rest = tail.lstrip("-.").partition(".") if not tail.startswith(".") else ("", ".", tail[1:])
        return f"*.{rest[2]}" if "." in rest[2] else ""
    return head if UNKNOWN not in head and _DOTTED.fullmatch(head) else ""


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _number(host: str) -> str:
    """`3232235777` and `0x7f000001` as the dotted address a browser makes of them."""
    if not re.fullmatch(r"\d{8,10}|0x[0-9a-f]{1,8}", host):
        return ""
    try:
        return str(ipaddress.IPv4Address(int(host, 0)))
    except ValueError:
        return ""


def _decoded(text: str) -> str:
    body = re.sub(r"[^A-Za-z0-9+/]", "", text.translate(str.maketrans("-_", "+/")))
    try:
        return base64.b64decode(body[: len(body) // 4 * 4]).decode("utf-8", "ignore")
    except (binascii.Error, ValueError):
        return ""
