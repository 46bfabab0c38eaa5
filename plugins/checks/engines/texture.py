"""Measures of a source text that tell minified, obfuscated and disguised code from the ordinary kind. No parsing."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

MINIFIED_LINE = 1_000
"""A longest line of this many characters …"""
MINIFIED_AVERAGE = 200
"""… together with lines this long on average is minified code."""
_COUNTED = 65_536
_HEX_NAME = re.compile(r"\b_0x[0-9a-f]{3,8}\b")
_HEX_NAMES = 8
"""Distinct names of this form that only obfuscators give (javascript-obfuscator's default)."""
_ESCAPE = re.compile(r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[0-7]{3}")
_ESCAPED_PLAIN = re.compile(r"\\x[2-7][0-9a-fA-F]|\\u00[2-7][0-9a-fA-F]|\\[01][0-7]{2}")
"""Escapes of characters that could have been typed: data tables escape control characters and other scripts."""
_ESCAPES = 60
_ESCAPE_SHARE = 0.15
_JSFUCK = re.compile(r"[\[\]()!+]{400,}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff]")
_HIDDEN = re.compile("[\ufe00-\ufe0f\U000e0000-\U000e007f\U000e0100-\U000e01ef]{8,}")
"""Text carried by characters nobody sees; flags of regions are the longest honest run, with seven."""


@dataclass(frozen=True, slots=True)
class Texture:
    """What was measured. `marks` holds (mark, line, detail); marks are named as the static check's rules are."""

    minified: bool
    longest_line: int
    marks: tuple[tuple[str, int, str], ...]


def measure(text: str) -> Texture:
    """Measure one file's text, without its byte order mark."""
    lines = text.split("\n")
    longest = max(map(len, lines))
    minified = longest >= MINIFIED_LINE and len(text) / len(lines) >= MINIFIED_AVERAGE
    marks = [("minified", 1, figures(text, len(lines), longest))] if minified else []
    marks += _obfuscation(text, len(lines), longest)
    marks += _disguise(text, minified=minified)
    return Texture(minified, longest, tuple(marks))


def figures(text: str, lines: int, longest: int) -> str:
    """What tells such code from what people write, in numbers; of a long text the first part is counted."""
    head = text[:_COUNTED]
    counts = Counter(head)
    size = max(1, len(head))
    entropy = -sum(count / size * math.log2(count / size) for count in counts.values())
    blank = sum(counts[char] for char in " \t\r\n") / size
    letters = sum(count for char, count in counts.items() if char.isalnum()) / size
    return (
        f"longest line {longest} characters, {len(text) // max(1, lines)} on average of {lines} lines; entropy "
        f"{entropy:.2f} bits a character; white space {blank:.1%}, letters and digits {letters:.0%}"
    )


def _obfuscation(text: str, lines: int, longest: int) -> list[tuple[str, int, str]]:
    marks = []
    if "_0x" in text and len(names := set(_HEX_NAME.findall(text))) >= _HEX_NAMES:
        line = _line(text, text.index("_0x"))
        share = sum(len(name) for name in _HEX_NAME.findall(text)) / len(text)
        named = f"{len(names)} machine-made names such as {min(names)}, {share:.0%} of the text"
        marks.append(("obfuscated", line, f"{named}; {figures(text, lines, longest)}"))
    if "\\" in text and (found := _escapes(text)):
        marks.append(found)
    if match := _JSFUCK.search(text):
        run = f"code written with six punctuation characters only, {len(match[0])} of them in a row"
        marks.append(("obfuscated", _line(text, match.start()), f"{run}; {figures(text, lines, longest)}"))
    return marks


def _escapes(text: str) -> tuple[str, int, str] | None:
    plain = _ESCAPED_PLAIN.findall(text)
    if len(plain) < _ESCAPES:
        return None
    share = sum(map(len, plain)) / len(text)
    if share < _ESCAPE_SHARE:
        return None
    first = _ESCAPE.search(text)
    return (
        "escaped-text",
        _line(text, first.start()) if first else 1,
        f"{share:.0%} of the file are escaped plain characters, {len(plain)} of them",
    )


def _disguise(text: str, *, minified: bool) -> list[tuple[str, int, str]]:
    marks = []
    if text.isascii():
        return []
    # what nobody reads cannot be made to read otherwise: libraries for text in bundles hold such characters
    bidi = "bidi-in-bundle" if minified else "bidi-control"
    for mark, pattern in ((bidi, _BIDI), ("hidden-text", _HIDDEN), ("invisible-character", _INVISIBLE)):
        found = [char for run in pattern.findall(text) for char in run]
        if found:
            place = pattern.search(text)
            line = _line(text, place.start()) if place else 1
            names = ", ".join(sorted({f"U+{ord(char):04X}" for char in found})[:5])
            marks.append((mark, line, f"{len(found)} of {names}"))
    return marks


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1
