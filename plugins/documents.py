"""Read manifests of strangers: strict JSON and TOML, the line of every key, and one clean refusal for the rest."""

from __future__ import annotations

import json
import math
import re
import tomllib
import unicodedata
from configparser import Error as ConfigParserError
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from configparser import RawConfigParser

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
MAX_TABLE_BYTES = 256 * 1024
"""Of a TOML, INI or requirements file: their parsers take quadratic time."""
_MAX_LINES = 5000
"""Of an INI file: its parser's list of faults grows in quadratic time."""
_MAX_VALUES = 500_000
"""Of a JSON document; its size in memory is some hundred bytes each."""
_MAX_DOTS = 2000
_MAX_DEPTH = 100
_MAX_TEXT = 4000
_LINE_DEPTH = 6
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n|[^\s"{}\[\]:,]+')


class PackageRefused(Exception):
    """The package is not taken. `code` is a stable slug; the text is one plain sentence for the submitter."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Document:
    """A parsed JSON document that knows the line of each key."""

    def __init__(self, data: Any, text: str, path: str) -> None:
        self.data = data
        self.path = path
        self._text = text

    def line(self, *keys: str) -> int:
        """Line of the key at this place, counted from 1; 0 where there is none. List items are "0", "1" and so on."""
        return self._lines.get(keys, 0)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        return _key_lines(self._text)


def load_json(raw: bytes, path: str) -> Document:
    """Parse a JSON document; raises PackageRefused for anything but clean JSON with unique keys."""
    text = decode(raw, path)
    if sum(map(text.count, ",[{")) > _MAX_VALUES:
        raise PackageRefused("manifest-too-large", f"{path} holds more than {_MAX_VALUES:,} values.")
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except _DuplicateKeyError as error:
        raise PackageRefused("duplicate-key", f"{path} states {quote(str(error))} twice.") from None
    except json.JSONDecodeError as error:
        raise PackageRefused("broken-json", f"{path} is not valid JSON: {error.msg} in line {error.lineno}.") from None
    except _ConstantError as error:
        raise PackageRefused("broken-json", f"{path} is not valid JSON: {error}.") from None
    except ValueError:
        raise PackageRefused("broken-json", f"{path} holds a number of thousands of digits.") from None
    except RecursionError:
        raise PackageRefused("broken-json", f"{path} is nested too deeply.") from None
    _refuse_odd_values(data, path)
    return Document(data, text, path)


def load_toml(raw: bytes, path: str) -> tuple[dict[str, Any], str]:
    """Parse a TOML document and give it with its text; raises PackageRefused."""
    text = decode(raw, path, limit=MAX_TABLE_BYTES)
    if any(line.count(".") > _MAX_DOTS for line in text.splitlines()):
        raise PackageRefused("broken-toml", f"{path} holds a key with thousands of parts.")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as error:
        raise PackageRefused("broken-toml", f"{path} is not valid TOML: {clean(str(error), 100)}.") from None
    _refuse_odd_values(data, path)
    return data, text


def load_ini(raw: bytes, path: str, parser: RawConfigParser) -> str:
    """Let the parser read an INI document and give its text; raises PackageRefused."""
    text = decode(raw, path, limit=MAX_TABLE_BYTES)
    if text.count("\n") + text.count("\r") > _MAX_LINES:
        raise PackageRefused("broken-ini", f"{path} holds more than {_MAX_LINES:,} lines.")
    try:
        parser.read_string(text)
    except (ConfigParserError, ValueError) as error:
        raise PackageRefused("broken-ini", f"{path} cannot be read.") from error
    return text


def decode(raw: bytes, path: str, *, limit: int = MAX_DOCUMENT_BYTES) -> str:
    """Decode a manifest as UTF-8, byte order mark or not; raises PackageRefused `manifest-too-large`, `not-utf-8`."""
    if len(raw) > limit:
        raise PackageRefused("manifest-too-large", f"{path} is larger than {limit // 1024} KiB.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PackageRefused("not-utf-8", f"{path} is not written in UTF-8.") from None


def clean(value: object, limit: int = _MAX_TEXT) -> str:
    """Make a stranger's text fit for storing: "" for what is no text; control characters dropped, clipped."""
    if not isinstance(value, str):
        return ""
    kept = (c for c in value[: 4 * limit] if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    text = "".join(kept).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def quote(value: object) -> str:
    """Show a stranger's text inside a sentence: ASCII only, clipped, in quotes."""
    shown = ascii(value)
    return shown if len(shown) <= 80 else f"{shown[:76]}...'"  # noqa: PLR2004 - fits one line


class _DuplicateKeyError(ValueError):
    pass


class _ConstantError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return result


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(f"{name} is not a JSON number")


def _refuse_odd_values(data: object, path: str) -> None:
    """Walk without recursion: no text that cannot be stored, no depth that others would choke on."""
    waiting = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise PackageRefused("broken-json", f"{path} is nested too deeply.")
        if isinstance(value, dict):
            waiting += [(item, depth + 1) for pair in value.items() for item in pair]
        elif isinstance(value, list):
            waiting += [(item, depth + 1) for item in value]
        elif isinstance(value, float) and not math.isfinite(value):
            raise PackageRefused("broken-json", f"{path} holds a number too large to be one.")
        elif isinstance(value, str) and ("\x00" in value or not _encodable(value)):
            raise PackageRefused("broken-text", f"{path} holds characters that no text may hold.")


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Map each key path of valid JSON, down to _LINE_DEPTH, to its line."""
    lines: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    containers: list[str] = []
    line, expects_key = 1, False
    for match in _TOKEN.finditer(text):  # the text has been parsed before, so brackets match
        word = match[0]
        if word == "\n":
            line += 1
            continue
        if word in "]}":
            containers.pop()
            path.pop()
            expects_key = False
            continue
        if containers and expects_key:
            path[-1] = json.loads(word) if containers[-1] == "{" else str(int(path[-1] or "-1") + 1)
            if len(path) <= _LINE_DEPTH:
                lines[tuple(path)] = line
        expects_key = word == "," or (word in "{[")
        if word in "{[":
            containers.append(word)
            path.append("")
    return lines
