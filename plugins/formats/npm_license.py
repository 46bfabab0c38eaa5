"""The licence a `package.json`, or an entry of a lock file, states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugins.documents import clean

if TYPE_CHECKING:
    from collections.abc import Mapping


def npm_license(data: Mapping[str, Any]) -> str:
    """As an expression: of a list, as old packages have it, any may be taken; empty where none is stated."""
    value = data.get("license", data.get("licenses"))
    if isinstance(value, list):
        return " OR ".join(name for name in map(_name, value[:20]) if name)
    return _name(value)


def _name(value: object) -> str:
    return clean(value.get("type"), 200) if isinstance(value, dict) else clean(value, 200)
