"""Canonical JSON of our own documents (policies, vetting reports, snapshots), and the digest they are known by.

What certificates are made of is stricter and stands by itself: `certification.verify.canonical`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def canonical(document: Mapping[str, Any]) -> bytes:
    """The document with sorted keys, without blanks, in UTF-8. Raises ValueError for NaN and infinity."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(document)).hexdigest()
