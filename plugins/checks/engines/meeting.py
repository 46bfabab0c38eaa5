"""Whether two places of a file have to do with each other. Pure; runs in the sandbox.

They do where they stand within a few statements of each other, or in one piece of code; in a small file everything is
near. What is padding is not counted (`pieces`). In Python one run has to come by both as well (`callpaths`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from plugins.checks.engines.pieces import LIGHT, SMALL, Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.checks.engines.callpaths import CallPaths

NEAR = 11
"""Statements between the two, at most."""
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

    @cached_property
    def small(self) -> bool:
        """Whether the file is no bundle: what counts of it is little."""
        return len(self.data) <= SMALL or self._pieces.weight <= LIGHT

    def near(self, one: int, other: int) -> bool:
        """Whether at most NEAR statements stand between two offsets, or both lie in one piece."""
        if self.statements(one, other) <= NEAR:
            return True
        piece = self._pieces.piece(one)
        return piece is not None and piece[0] <= other < piece[1]

    def statements(self, one: int, other: int) -> int:
        """How many statements that count end between two offsets."""
        return self._pieces.statements(*sorted((one, other)))

    def around(self, offset: int, *, whole: bool = True) -> bytes:
        """What stands within NEAR statements of an offset; with `whole`, all of a small file."""
        if whole and self.small:
            return self.data
        start, end = self._pieces.around(offset, NEAR)
        return self.data[start:end]

    @cached_property
    def _newlines(self) -> list[int]:
        return [match.start() for match in _NEWLINE.finditer(self.data)]

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self.data, self.language)

    @cached_property
    def _paths(self) -> CallPaths | None:
        if self.language != "python":
            return None
        from plugins.checks.engines.callpaths import CallPaths  # noqa: PLC0415 - start-up time

        try:
            return CallPaths(self.data)
        except ValueError:
            return None
