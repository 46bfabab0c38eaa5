"""What of a file is code that counts, so that nobody can move two places apart by padding. Pure; runs in the sandbox.

Statements are counted without comments, blank lines and repetitions, and each weighs a few hundred bytes at most,
however long a payload it holds. A block in braces, or a function of Python, that weighs little is one *piece*: a module
in a bundle is what a file is elsewhere. Padding with as much different code as a bundle has, within one piece, still
helps; what the plugin does then is for the sandbox to see.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = 16_384
"""Bytes of a file in which everything is near."""
LIGHT = 8_192
"""Weight of a larger file, or of a block, in which everything is near: less than honest code of that size weighs."""
_HEAVIEST = 400
"""Bytes that one statement weighs at most."""
_ALIKE = 3
_WINDOW = 200
"""Statements of one shape count so often in so many."""
_STRINGS = rb'"(?:[^"\\\n]|\\.){0,400}+"' + rb"|'(?:[^'\\\n]|\\.){0,400}+'"
_TOKENS = re.compile(
    _STRINGS + rb"|(?:(?<=[;{}\s,()])|^)(?P<open>/\*)|(?<![:\\\"'`\w/])(?P<line>//[^\n]{0,2000})|[;\n{}]"
)
_PYTHON_TOKENS = re.compile(rb"(?P<open>\"\"\"|''')|" + _STRINGS + rb"|(?P<line>\#[^\n]{0,2000})|[;\n{}]")
_CLOSES = {b"/*": b"*/"}
_FUNCTION = re.compile(rb"^(?:async[ \t]+)?def\b.*\n(?:(?:[ \t#)\]}].*)?\n)*", re.MULTILINE)
_LETTERS = bytes(0x78 if chr(code).isalnum() or chr(code) in "_$" else code for code in range(128)) + b"x" * 128
_RUNS = re.compile(rb"x+|\s+")
_ENDS = frozenset({b";", b"\n", b"}"})


class Pieces:
    """The statements and pieces of one file."""

    __slots__ = ("_blocks", "_ends", "_weights")

    def __init__(self, data: bytes, language: str | None) -> None:
        self._ends: list[int] = []
        self._weights: list[int] = [0]
        """Of all before each end; one more than ends."""
        blocks = self._read(data, _PYTHON_TOKENS if language == "python" else _TOKENS)
        if language == "python":
            blocks = [match.span() for match in _FUNCTION.finditer(data)]
        self._blocks = list(_apart(sorted(block for block in blocks if self._weighs(*block) <= LIGHT)))

    @property
    def weight(self) -> int:
        """Bytes of the whole, as far as they count."""
        return self._weights[-1]

    def statements(self, start: int, end: int) -> int:
        """How many statements that count end between two offsets."""
        return bisect_left(self._ends, end) - bisect_left(self._ends, start)

    def piece(self, offset: int) -> tuple[int, int] | None:
        """Start and end of the piece an offset lies in."""
        place = bisect_right(self._blocks, offset, key=lambda block: block[0]) - 1
        found = self._blocks[place] if place >= 0 else None
        return found if found and offset < found[1] else None

    def around(self, offset: int, statements: int) -> tuple[int, int | None]:
        """Start and end of so many statements to both sides; None: to the end of the file."""
        place = bisect_left(self._ends, offset)
        first, last = place - statements - 1, place + statements
        return self._ends[first] if first >= 0 else 0, self._ends[last] if last < len(self._ends) else None

    def _read(self, data: bytes, tokens: re.Pattern[bytes]) -> list[tuple[int, int]]:
        """Count the statements; gives the blocks in braces."""
        blocks, opened = list[tuple[int, int]](), list[int]()
        parts, begins, weight, blank = list[bytes](), 0, 0, True
        seen: dict[bytes, int] = {}
        unclosed = set[bytes]()
        """What opens a comment or a text that nothing closes any more: not to be looked for again and again."""
        token = tokens.search(data)
        while token:
            word, at, after = token[0], token.start(), token.end()
            if token.lastgroup:
                if token.lastgroup == "open" and word not in unclosed:
                    closing = data.find(_CLOSES.get(word, word), after)
                    after = closing + len(word) if closing >= 0 else after
                    unclosed |= {word} if closing < 0 else set()
                parts.append(data[begins:at][:_HEAVIEST])
                begins = after
            elif word == b"{":
                opened.append(at)
            elif word in _ENDS:
                if word == b"}" and opened:
                    blocks.append((opened.pop(), after))
                length = sum(map(len, parts)) + at - begins
                text = b"".join((*parts, data[begins : min(at, begins + 2 * _HEAVIEST)])).strip()
                parts.clear()
                begins = after
                shape = _RUNS.sub(b"x", text.translate(_LETTERS))
                seen[shape] = seen.get(shape, 0) + 1 if shape else 0
                if seen[shape] <= _ALIKE and not (blank and not shape):
                    blank = not shape
                    weight += min(length, _HEAVIEST) + 1
                    self._ends.append(at)
                    self._weights.append(weight)
                    if len(self._ends) % _WINDOW == 0:
                        seen.clear()
            token = tokens.search(data, after)
        self._weights[-1] += min(len(data) - begins, _HEAVIEST)
        return blocks

    def _weighs(self, start: int, end: int) -> int:
        return self._weights[bisect_left(self._ends, end)] - self._weights[bisect_left(self._ends, start)]


def _apart(blocks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Of sorted blocks those that lie in no other."""
    covered = -1
    for start, end in blocks:
        if start >= covered:
            covered = end
            yield start, end
