r"""Make text from strangers printable: nothing invisible, nothing our fonts cannot draw, and nothing is lost.

What cannot be shown is written out as `\u{…}`: control characters, bidirectional and other invisible ones (a file name
must not read other than it is), and characters outside the fonts we embed, since PDF/A forbids missing glyphs.
"""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

D = TypeVar("D")

KEPT = frozenset("\n\t ")
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str, drawable: AbstractSet[int]) -> str:
    """The text with everything that cannot be shown written out; `drawable` are the code points the fonts have."""
    return "".join(_shown(character, drawable) for character in text)


def printable_document(document: D, drawable: AbstractSet[int]) -> D:
    """A copy of a document with all its text printable."""
    changed: D = _printable(document, drawable)
    return changed


def _shown(character: str, drawable: AbstractSet[int]) -> str:
    if character in KEPT:
        return character
    if unicodedata.category(character) in INVISIBLE or ord(character) not in drawable:
        return f"\\u{{{ord(character):X}}}"
    return character


def _printable(value: Any, drawable: AbstractSet[int]) -> Any:
    if isinstance(value, str):
        return printable(value, drawable)
    if isinstance(value, tuple):
        return tuple(_printable(item, drawable) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: _printable(getattr(value, field.name), drawable) for field in fields(value)}
        )
    return value
