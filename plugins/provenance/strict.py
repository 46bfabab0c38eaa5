"""Read strangers' attestation documents field by field: strict JSON, base64 in both alphabets, bounded lengths."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from plugins.documents import PackageRefused, clean, load_json

MAX_DOCUMENT_BYTES = 4 * 1024 * 1024
MAX_TEXT = 2000
"""Characters of a single text that is kept, such as an address."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
_DIGITS = re.compile(r"(0|[1-9][0-9]{0,18})", re.ASCII)


class Unreadable(ValueError):
    """A document, or a part of it, is not of its form. The text is one plain sentence without the document's words."""


def json_of(raw: bytes, what: str) -> Any:
    """The value of a JSON document with unique keys, limited in size, depth and number of values."""
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise Unreadable(f"{what} is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB.")
    try:
        return load_json(raw, what).data
    except PackageRefused as refusal:
        raise Unreadable(str(refusal)) from None


def mapping(value: object, what: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is no JSON object.")
    return value


def listing(value: object, what: str, most: int) -> list[Any]:
    """A JSON list of at most `most` items."""
    if not isinstance(value, list):
        raise Unreadable(f"{what} is no list.")
    if len(value) > most:
        raise Unreadable(f"{what} has more than {most} items.")
    return value


def text(value: object, what: str, most: int = MAX_TEXT) -> str:
    """A text of one line without control characters; not empty."""
    if not isinstance(value, str) or not value or len(value) > most or clean(value, most) != value or _breaks(value):
        raise Unreadable(f"{what} is no text that can be used.")
    return value


def _breaks(value: str) -> bool:
    return "\n" in value or "\t" in value


def optional(value: object, what: str, most: int = MAX_TEXT) -> str:
    """A text as `text` reads it, or "" where it is absent, null or empty."""
    return "" if value is None or value == "" else text(value, what, most)


def number(value: object, what: str) -> int:
    """A whole number of 0 or more; 64-bit numbers come as texts in these formats."""
    if isinstance(value, bool):
        raise Unreadable(f"{what} is no number.")
    if isinstance(value, int) and 0 <= value < 2**63:
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    raise Unreadable(f"{what} is no whole number.")


def decoded(value: object, what: str, most: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Bytes of a base64 text, of either alphabet, padded or not, without blanks. Not empty."""
    if not isinstance(value, str) or not value or len(value) > 2 * most:
        raise Unreadable(f"{what} is missing, or no base64.")
    plain = value.replace("-", "+").replace("_", "/")
    if not _BASE64.fullmatch(plain):
        raise Unreadable(f"{what} is no base64.")
    bare = plain.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{what} is no base64.") from None
    if not data or len(data) > most:
        raise Unreadable(f"{what} is empty or too long.")
    return data
