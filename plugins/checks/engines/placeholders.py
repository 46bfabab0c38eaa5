"""What stands where a credential belongs and is none: words, patterns, and the examples of vendors' manuals."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import re
from collections import Counter

SHORTEST = 4
_REFERENCE = re.compile(
    r"\$\{|\$\(|\{\{|%\(|<[^>]*>|^\$[A-Za-z_]\w*$|^%\w+%$|^[@#]\w+@?$|\.\.\.|…|\*{3}"
    r"|^(?:env|file|vault|op|ref|secret|ssm)[:.]"
    r"|process\.env|os\.environ|getenv|!env_var|!secret|^[A-Z]\w*\.\w+\(|^[{[(]"
)
_WORD = re.compile(
    r"example|sample|your|placeholder|change.?me|change.?this|dummy|fake|x{4,}|todo|replace|insert|redacted|removed|hidden"
    r"|(?:^|[-_ ])(?:my|the|some|test|demo|mock|foo|bar|enter|put|use)[-_ ]|not[-_ ]?a?[-_ ]?(?:real|secret)"
    r"|correct.?horse|put.{0,3}here|goes.?here|asdf|qwert|secret.?(?:key|token)?.?here|generate|optional"
)
_PLAIN = frozenset({
    "password", "passwd", "pass", "pwd", "secret", "token", "key", "admin", "administrator", "root", "user",
    "username", "guest", "test", "testing", "demo", "default", "postgres", "mysql", "mariadb", "redis", "rabbit",
    "rabbitmq", "none", "null", "nil", "true", "false", "undefined", "empty", "abc", "abcd", "foo", "bar", "baz",
    "hello", "string", "apikey", "api_key", "api-key", "auth", "bearer", "basic", "oauth", "oauth2", "password1",
    "password123", "pass123", "p@ssw0rd", "passw0rd", "pa55word", "secret123", "hunter2", "letmein", "12345",
    "mypassword", "mysecret", "mytoken", "docker", "airflow", "wagtail", "django", "netbox", "wordpress", "n8n",
    "nodered", "__token__",
})  # fmt: skip
_RUNS = ("0123456789", "1234567890", "abcdefghij", "abcdef123456", "9876543210", "qwertyuiop")
_VENDOR = frozenset(
    {
        "2cafc0970149a84f",
        "b1471f544ceeea31",
        "f2d6ca16515033e5",
        "ac9265e56c79b234",
        "02091175c1ae3023",
        "731fa294d036e54f",
        "0b5dd075ccdd03c4",
        "97663138e6669921",
    }
)
"""Start of the SHA-256 of examples in the manuals of Stripe, Google Maps, SendGrid and Telegram: given to nobody,
copied by everybody, and not written out here, where another scanner would find them. AWS's say EXAMPLE themselves."""
_CLAIMS = (
    {"name": "John Doe"}, {"some": "payload"}, {"foo": "bar"}, {"hello": "world"}, {"sub": "1234567890"},
    {"loggedInAs": "admin"}, {"name": "Jane Doe"},
)  # fmt: skip
"""Claims of the tokens with which jwt.io and the libraries' manuals explain the form."""
_RANDOM_FROM = 16
_BITS, _HEX_BITS = 3.6, 3.0
_MAX_WORD = 12
_SHORTEST_KEY = 60
"""Characters of base64 in the shortest private key, one of Ed25519, but for a few."""
_LONGEST_TOKEN = 120
_EXAMPLE = re.compile(r"example|sample|placeholder|x{6,}|change.?me|dummy|your[-_ ]|[-_]your|redacted|\*{3}|\.\.\.|…")


def holds_a_place(value: str) -> bool:
    """Whether a value only shows where a credential goes."""
    text = value.strip()
    lower = text.lower()
    if len(text) < SHORTEST or lower in _PLAIN or _REFERENCE.search(text):
        return True
    if _WORD.search(lower) or any(run in lower for run in _RUNS) or _repeats(lower):
        return True
    return is_example(text)


def is_example(value: str) -> bool:
    """Whether a value in the form of a real credential is a well-known example; much stricter than `holds_a_place`."""
    text = value.strip()
    if text.startswith("-----BEGIN"):
        return len(re.sub(r"-----[^-]*-----|\s|\\n", "", text)) < _SHORTEST_KEY
    lower = text.lower()
    if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16] in _VENDOR or _EXAMPLE.search(lower):
        return True
    if len(text) <= _LONGEST_TOKEN and (any(run in lower for run in _RUNS) or _repeats(lower)):
        return True
    return text.startswith("eyJ") and _is_example_jwt(text)


def looks_random(value: str) -> bool:
    """Whether a value looks made by a machine: letters and digits mixed, no words, many different characters."""
    if len(value) < _RANDOM_FROM or not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    if re.search(r"://|^[./~]|\s|[\\$]|123456", value) or re.fullmatch(r"[\w.+-]+@[\w.-]+\.\w+", value):
        return False
    pure = re.sub(r"[^A-Za-z0-9]", "", value)
    if re.fullmatch(r"[0-9a-fA-F]+", pure):
        return entropy(pure.lower()) >= _HEX_BITS
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", value) if part]
    wordlike = all(re.fullmatch(r"[A-Z]?[a-z]*\d{0,3}|[A-Z]+\d{0,3}|\d+", part) for part in parts)
    return not wordlike and entropy(value) >= _BITS and max(map(len, parts), default=0) >= _MAX_WORD


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())


def _repeats(text: str) -> bool:
    """`xxxxxxxx`, `abababab` and `00000000-0000-…`: few characters for the length, or one piece over and over."""
    pure = re.sub(r"[^a-z0-9]", "", text)
    if len(pure) >= 6 and len(set(pure)) <= 2:  # noqa: PLR2004 - a token has more
        return True
    body = re.sub(r"^[a-z]{2,6}_", "", text)
    return re.search(r"(.)\1{9,}", body) is not None


def _is_example_jwt(token: str) -> bool:
    part = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - head, claims, signature
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(claims, dict) and any(example.items() <= claims.items() for example in _CLAIMS)
