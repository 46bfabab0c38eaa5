"""Credentials that tools keep in files of their own: what no form tells, but the name of the file or of the key.

In: a file's name and text, or its bytes. Out: what kind of credential, on which line, and its value, which never
leaves memory. Values that only hold a place are left out, see `plugins.checks.engines.placeholders`.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from plugins.checks.engines.blobs import is_private_key
from plugins.checks.engines.placeholders import holds_a_place, looks_random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _Reader = Callable[[str], Iterator[tuple[str, int, str]]]

LONGEST = 2 * 1024 * 1024
MAX_HITS = 100
PRIVATE_KEY, KEYSTORE, SETTING = "private-key-der", "keystore", "secret-setting"

_NPMRC = re.compile(r"(?m)^[^#;\n=]*?\b(_authToken|_auth|_password)[ \t]*=[ \t]*[\"']?([^\s\"']+)")
_PASSWORD = re.compile(r"(?mi)^[ \t]*(?:password|token|api_key)[ \t]*[=:][ \t]*(\S.*?)[ \t]*$")
_NETRC = re.compile(r"(?<!\S)(?:password|account)\s+(\S+)")
_HTPASSWD = re.compile(r"(?m)^[^:#\s]+:(\$(?:apr1|2[aby]|5|6)\$\S+|\{SHA\}\S+)")
_ENV = re.compile(
    r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*="
    r"[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s#]*))"
)
_AUTH = re.compile(r"\"auth\"\s*:\s*\"([A-Za-z0-9+/=]{8,})\"")
_DEFINE = re.compile(
    r"define\(\s*['\"](DB_PASSWORD|AUTH_KEY|SECURE_AUTH_KEY|LOGGED_IN_KEY|NONCE_KEY|\w+_SALT)['\"]\s*,"
    r"\s*'((?:[^'\\\n]|\\.)+)'"
)
_KUBE = re.compile(r"(?m)^[ \t]*(?:- )?(token|password|client-key-data)[ \t]*:[ \t]*[\"']?([^\s\"']+)")
_NAMES = ("password", "passwd", "passphrase", "secret", "token", "key")
"""One of them is in every key that is looked at."""
_WORD_BEFORE = re.compile(r"[\w.-]*$")
_VALUE = re.compile(r"[\w.-]{0,30}[\"']?[ \t]*[:=][ \t]*[\"']?([^\s\"',;<>(){}\[\]]{16,})")
_LONGEST_KEY = 60
_IDENTIFIER = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$|:")
"""A UUID or an ARN names a thing more often than it opens one."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECRET_WORDS = frozenset({"password", "passwd", "passphrase", "pass", "pwd", "secret", "secrets", "token", "apikey"})
_SECRET_KEYS = frozenset({"api", "access", "private", "encryption", "signing", "auth", "master", "secret"})
_OTHER_ENDS = frozenset({
    "id", "url", "uri", "name", "path", "file", "type", "ttl", "expiry", "expires", "length", "header", "field",
    "param", "enabled", "required", "hash", "version", "endpoint", "host", "port", "user", "label", "placeholder",
    "description", "hint", "title", "message", "error", "policy", "prefix", "regex", "pattern", "public", "integrity",
    "checksum", "member", "shape", "location", "arn", "class", "format", "schema", "ref",
})  # fmt: skip
_KEYED_FILES = (
    ".json", ".json5", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".config", ".properties", ".xml", ".tfvars",
    ".plist", ".settings",
)  # fmt: skip
_KEYSTORES = ((".p12", b"\x30"), (".pfx", b"\x30"), (".jks", b"\xfe\xed\xfe\xed"), (".keystore", b"\xfe\xed\xfe\xed"))
_EXAMPLE = re.compile(r"(?i)(?:^|[._-])(?:examples?|samples?|template|dist|default|defaults|tpl)(?:[._-]|$)")
_ENCRYPTED = re.compile(rb"\x30(?:\x82..|\x81.)\x30.\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One credential. `value` is the secret itself: never store or show it."""

    kind: str
    line: int
    value: str = field(repr=False)


def in_bytes(name: str, data: bytes) -> Iterator[Setting]:
    """Keys and keystores in binary form."""
    lower = name.lower()
    if is_private_key(data[:64]) or _ENCRYPTED.match(data):
        yield Setting(PRIVATE_KEY if is_private_key(data[:64]) else KEYSTORE, 1, data.hex())
    elif any(lower.endswith(end) and data.startswith(magic) for end, magic in _KEYSTORES):
        yield Setting(KEYSTORE, 1, data.hex())


def in_text(name: str, text: str) -> list[Setting]:
    """The credentials in a file of settings; nothing where its name is that of no such file."""
    if len(text) > LONGEST or (reader := _reader(name.lower(), text)) is None:
        return []
    found: list[Setting] = []
    for kind, at, value in reader(text):
        if len(found) < MAX_HITS and not holds_a_place(value):
            found.append(Setting(kind, text.count("\n", 0, at) + 1, value))
    return found


def _reader(name: str, text: str) -> _Reader | None:  # noqa: PLR0911 - one line a tool
    if name in {".npmrc", "npmrc"}:
        return lambda text: ((f"npm {match[1]}", match.start(2), match[2]) for match in _NPMRC.finditer(text))
    if name in {".pypirc", "pypirc", "pip.conf", ".condarc"}:
        return lambda text: (("pypi password", match.start(1), match[1]) for match in _PASSWORD.finditer(text))
    if name in {".netrc", "_netrc", "netrc"}:
        return lambda text: (("netrc password", match.start(1), match[1]) for match in _NETRC.finditer(text))
    if name.endswith("htpasswd"):
        return lambda text: (("htpasswd hash", match.start(1), match[1]) for match in _HTPASSWD.finditer(text))
    if name == "wp-config.php":
        return lambda text: (("wordpress " + match[1], match.start(2), match[2]) for match in _DEFINE.finditer(text))
    if name == ".env" or name.startswith(".env.") or name.endswith(".env"):
        return _example_settings if _EXAMPLE.search(name) else _environment
    if '"auths"' in text or name in {".dockercfg", ".dockerconfigjson"}:
        return _docker
    if "kind: Config" in text and "users:" in text:
        return lambda text: ((f"kubeconfig {match[1]}", match.start(2), match[2]) for match in _KUBE.finditer(text))
    made_up = name.endswith(("-lock.json", "-lock.yaml")) or _EXAMPLE.search(name)
    return _keyed if name.endswith(_KEYED_FILES) and not made_up else None


def _environment(text: str) -> Iterator[tuple[str, int, str]]:
    for match in _ENV.finditer(text):
        value = match[2] or match[3] or match[4] or ""
        if is_secret_key(match[1]) and value:
            yield "environment variable", match.start(), value


def _example_settings(text: str) -> Iterator[tuple[str, int, str]]:
    """In an example, only what was not made up."""
    return (hit for hit in _environment(text) if looks_random(hit[2]))


def _docker(text: str) -> Iterator[tuple[str, int, str]]:
    for match in _AUTH.finditer(text):
        try:
            user, colon, password = base64.b64decode(match[1]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if user and colon and password:
            yield "docker password", match.start(), password


def _keyed(text: str) -> Iterator[tuple[str, int, str]]:
    lower = text.lower()
    done: set[int] = set()
    for word in _NAMES:
        at = lower.find(word)
        while at >= 0:
            end = at + len(word)
            match = _VALUE.match(text, end)
            if match and match.start(1) not in done and looks_random(match[1]) and not _IDENTIFIER.search(match[1]):
                before = _WORD_BEFORE.search(text, max(0, at - _LONGEST_KEY), at)
                key = (before[0] if before else "") + re.split(r"[\"':= \t]", text[at : match.start(1)], maxsplit=1)[0]
                if is_secret_key(key):
                    done.add(match.start(1))
                    yield SETTING, match.start(1), match[1]
            at = lower.find(word, end)


def is_secret_key(key: str) -> bool:
    """Whether a key names a secret, and not something about it: `token`, `API_KEY`, but not `token_url`."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or words[-1] in _OTHER_ENDS:
        return False
    pairs = pairwise(words)
    return not _SECRET_WORDS.isdisjoint(words) or any(one in _SECRET_KEYS and two == "key" for one, two in pairs)
