"""YAML of a stranger, read as plain text, lists and maps, and nothing else.

Built from the parser's events: no tags, no anchors and aliases (a few lines of them unfold to gigabytes), no key twice,
no depth without end, and every scalar is the text that stands there, so that no version becomes a number or a date.
"""

from __future__ import annotations

from typing import Any

from plugins.documents import MAX_DOCUMENT_BYTES, PackageRefused, decode

_MAX_DEPTH = 20
_MAX_EVENTS = 600_000
_LINE_DEPTH = 3


def load_plain_yaml(raw: bytes, path: str) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """A document that must hold a map, and the line of each of its outer keys; raises PackageRefused `broken-yaml`."""
    import yaml  # noqa: PLC0415 - start-up time: few packages bring such a file

    text = decode(raw, path, limit=MAX_DOCUMENT_BYTES)
    reader = _Reader(path)
    try:
        for count, event in enumerate(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            if count > _MAX_EVENTS:
                raise PackageRefused("broken-yaml", f"{path} holds more than {_MAX_EVENTS:,} values.")
            reader.take(event)
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise PackageRefused("broken-yaml", f"{path} is not readable YAML.") from problem
    if len(reader.documents) != 1 or not isinstance(reader.documents[0], dict):
        raise PackageRefused("broken-yaml", f"{path} is not one YAML document that holds a map.")
    return reader.documents[0], reader.lines


class _Reader:
    """Puts events together."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Any] = []
        self.lines: dict[tuple[str, ...], int] = {}
        self._open: list[Any] = []
        self._keys: list[str | None] = []
        self._path: list[str] = []
        """Under which key each open container stands."""

    def take(self, event: Any) -> None:
        """One event more; raises PackageRefused."""
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self._refusal("an anchor or alias")
        if getattr(event, "tag", None):
            raise self._refusal("a tag")
        if kind == "ScalarEvent":
            self._value(event.value, event)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            if len(self._open) > _MAX_DEPTH:
                raise self._refusal("too many levels")
            container: Any = {} if kind == "MappingStartEvent" else []
            self._path.append(self._value(container, event))
            self._open.append(container)
            self._keys.append(None)
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self._open.pop()
            self._keys.pop()
            self._path.pop()

    def _value(self, value: Any, event: Any) -> str:
        """Put a value in its place; gives its key."""
        key = self._keys[-1] if self._keys else None
        if not self._open:
            self.documents.append(value)
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif key is None:
            self._key(value, event)
        else:
            self._open[-1][key] = value
            self._keys[-1] = None
        return key or ""

    def _key(self, value: Any, event: Any) -> None:
        if not isinstance(value, str):
            raise self._refusal("a key that is no text")
        if value in self._open[-1]:
            raise self._refusal("a key twice")
        self._open[-1][value] = None
        self._keys[-1] = value
        if len(self._open) <= _LINE_DEPTH:
            self.lines[*self._path[1:], value] = event.start_mark.line + 1

    def _refusal(self, what: str) -> PackageRefused:
        return PackageRefused("broken-yaml", f"{self.path} holds {what}, which no lock file needs.")
