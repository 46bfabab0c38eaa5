"""Text of strangers, made fit for a database: PostgreSQL refuses what a file or a JSON document may well hold.

Credentials of well-known forms are masked on the way: what is stored at a submission no engine has looked at yet.
"""

from __future__ import annotations

from typing import Any

from plugins.checks.tokens import masked


def storable(value: Any) -> Any:
    """At any depth of JSON, replace NUL characters and lone surrogates in text, and mask credentials."""
    if isinstance(value, str):
        return masked(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
