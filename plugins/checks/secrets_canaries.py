"""Fake credentials planted in every scan: the proof that the engine looks, and finds, in each kind of input."""

from __future__ import annotations

import base64
import gzip
import secrets as randomness
import string
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTERS = string.ascii_letters + string.digits
_LONG_LINE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted file. `kind` is what a failure says was not looked into."""

    name: str
    """Its name in the view."""
    kind: str
    value: str
    content: bytes
    language: str | None = None
    own: str = "canary.txt"
    """The name under which it would lie in a package."""


def planted() -> tuple[Canary, ...]:
    """New ones for each scan; nothing in a package can know them."""
    made = []
    for number, (suffix, kind, language, own, make) in enumerate(_KINDS):
        value = str(uuid.uuid4()) if kind == SETTINGS else token()
        # the first and the last by name show that the engine went from end to end
        name = f"{'canary' if number else '!canary'}-{number:02d}{suffix}"
        made.append(Canary(name, kind, value, make(value), language, own))
    return tuple(made)


def token() -> str:
    """A token in the form of GitHub's, whose check digits nobody looks at offline."""
    return "ghp_" + "".join(randomness.choice(_LETTERS) for _ in range(36))


def _plain(value: str) -> bytes:
    return f'token = "{value}"\n'.encode()


def _hex(value: str) -> bytes:
    return f'data = "{base64.b64encode(value.encode()).hex()}"\n'.encode()


def _base64(value: str) -> bytes:
    return b"data: " + base64.b64encode(base64.b64encode(_plain(value))) + b"\n"


def _gzip(value: str) -> bytes:
    return b"data: " + base64.b64encode(gzip.compress(_plain(value), mtime=0)) + b"\n"


def _percent(value: str) -> bytes:
    return ("address = 'https://acme.example/?" + "".join(f"%{ord(one):02x}" for one in value) + "'\n").encode()


def _escapes(value: str) -> bytes:
    return ('{"text": "' + "".join(f"\\u{ord(one):04x}" for one in value) + '"}\n').encode()


def _wide(value: str) -> bytes:
    return ('data = "' + value.encode().hex() + '"\n').encode("utf-16")


def _one_line(value: str) -> bytes:
    filler = "var a=1;" * (_LONG_LINE // 8)
    return f'{filler}var t="{value}";{filler}'.encode()


def _script(value: str) -> bytes:
    first, second, third = value[:12], value[12:25], value[25:]
    return f'const head = "{first}";\nconst tail = "{second}" +\n  "{third}";\nuse(`${{head}}${{tail}}`);\n'.encode()


def _python(value: str) -> bytes:
    return f'HEAD = "{value[:12]}"\nuse(HEAD + "{value[12:25]}"\n    "{value[25:]}")\n'.encode()


def _php(value: str) -> bytes:
    return f"<?php\ndefine('HEAD', '{value[:12]}');\nuse(HEAD . '{value[12:25]}' . \"{value[25:]}\");\n".encode()


def _npmrc(value: str) -> bytes:
    return f"//npm.acme.example/:_authToken={value}\n".encode()


def _yaml(value: str) -> bytes:
    return f'token: "{value[:20]}\\\n  {value[20:]}"\n'.encode()


SETTINGS = "settings files"
_KINDS: tuple[tuple[str, str, str | None, str, Callable[[str], bytes]], ...] = (
    (".txt", "plain text", None, "canary.txt", _plain),
    (".txt", "base64", None, "canary.txt", _base64),
    (".txt", "hex", None, "canary.txt", _hex),
    (".txt", "gzip", None, "canary.txt", _gzip),
    (".txt", "percent signs", None, "canary.txt", _percent),
    (".txt", "escapes", None, "canary.json", _escapes),
    (".txt", "UTF-16", None, "canary.txt", _wide),
    (".js", "long lines", "javascript", "canary.js", _one_line),
    (".js", "joined constants of JavaScript", "javascript", "canary.js", _script),
    (".ts", "joined constants of TypeScript", "typescript", "canary.ts", _script),
    (".py", "joined constants of Python", "python", "canary.py", _python),
    (".php", "joined constants of PHP", "php", "canary.php", _php),
    (".txt", SETTINGS, None, ".npmrc", _npmrc),
    (".txt", "folded YAML", None, "canary.yaml", _yaml),
    (".md", "documentation", None, "canary.md", _plain),
    (".txt", "plain text at the end", None, "canary.qqq", _plain),
)
