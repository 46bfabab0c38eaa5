"""Whether two places of a file have to do with each other. Pure; runs in the sandbox.

They do where they stand within a few statements of each other; an encoded payload between them, however long, is no
statement. In a small file everything is near, so that padding does not help. In Python one run has to come by both as
well (`callpaths`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.checks.engines.callpaths import CallPaths

NEAR = 15
"""Statements between the two, at most."""
SMALL = 16_384
"""Bytes of a file in which everything is near."""
ENDS = re.compile(rb"[;\n}]")
"""What a statement ends with."""
_NEWLINE = re.compile(rb"\n")


class Meeting:
    """The places of one file."""

    def __init__(self, data: bytes, language: str | None) -> None:
        self.data = data
        self.language = language

    def any_meet(self, some: Sequence[int], others: Sequence[int]) -> bool:
        """Whether any of some offsets has to do with any of others."""
        if self.small:
            return bool(some and others) and self._on_one_path(some, others)
        known = sorted(others)
        return any(self._on_one_path((one,), near) for one in some if (near := list(self._within_reach(one, known))))

    def _on_one_path(self, some: Sequence[int], others: Sequence[int]) -> bool:
        return self._paths is None or self._paths.any_meet(some, others)

    def _within_reach(self, offset: int, known: Sequence[int]) -> Iterator[int]:
        """Of sorted offsets those near another, from there outwards."""
        place = bisect_left(known, offset)
        yield from takewhile(lambda other: self.near(offset, other), known[place:])
        yield from takewhile(lambda other: self.near(offset, other), reversed(known[:place]))

    def line(self, offset: int) -> int:
        """The line an offset is in, from 1."""
        return bisect_left(self._newlines, offset) + 1

    @property
    def small(self) -> bool:
        """Whether padding could not have moved two places apart."""
        return len(self.data) <= SMALL

    def near(self, one: int, other: int) -> bool:
        """Whether at most NEAR statements stand between two offsets."""
        return self.statements(one, other) <= NEAR

    def statements(self, one: int, other: int) -> int:
        """How many statements end between two offsets."""
        start, end = sorted((one, other))
        return bisect_left(self._ends, end) - bisect_left(self._ends, start)

    def around(self, offset: int, *, whole: bool = True) -> bytes:
        """What stands within NEAR statements of an offset; with `whole`, all of a small file."""
        if whole and self.small:
            return self.data
        place = bisect_left(self._ends, offset)
        first, last = place - NEAR - 1, place + NEAR
        start = self._ends[first] if first >= 0 else 0
        return self.data[start : self._ends[last] if last < len(self._ends) else len(self.data)]

    @cached_property
    def _newlines(self) -> list[int]:
        return [match.start() for match in _NEWLINE.finditer(self.data)]

    @cached_property
    def _ends(self) -> list[int]:
        return [match.start() for match in ENDS.finditer(self.data)]

    @cached_property
    def _paths(self) -> CallPaths | None:
        if self.language != "python":
            return None
        from plugins.checks.engines.callpaths import CallPaths  # noqa: PLC0415 - start-up time

        try:
            return CallPaths(self.data)
        except ValueError:
            return None
