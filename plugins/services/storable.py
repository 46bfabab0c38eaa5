"""Text of strangers, made fit for a database: PostgreSQL refuses what a file or a JSON document may well hold."""

from __future__ import annotations

from typing import Any


def storable(value: Any) -> Any:
    """Replace what a database refuses in text, at any depth of JSON: NUL characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
