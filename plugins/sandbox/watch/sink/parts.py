"""Know a value again that leaves in parts, each in a message of its own."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST = 8
"""Bytes of a value in a row that are no accident: of hexadecimal digits, four thousand million others are possible."""
ENOUGH = 2 / 3
"""Of a value that has left when it counts as sent."""


class Parts:
    """What has left so far of each value in each of its forms, `(name, how, form)`."""

    def __init__(self, forms: Iterable[tuple[str, str, bytes]]) -> None:
        self._lock = threading.Lock()
        self._forms = list(forms)
        self._left: list[set[int]] = [set() for _ in self._forms]
        self._where: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        for number, (_name, _how, form) in enumerate(self._forms):
            for at in range(len(form) - LEAST + 1):
                self._where[form[at : at + LEAST].lower()].append((number, at))

    def found(self, lowered: bytes) -> list[tuple[str, str]]:
        """Take in a message, in lower case; gives name and form of the values that are complete with it."""
        complete = []
        with self._lock:
            for start in range(len(lowered) - LEAST + 1):
                for number, at in self._where.get(lowered[start : start + LEAST], ()):
                    left, (name, how, form) = self._left[number], self._forms[number]
                    before = len(left)
                    left.update(range(at, at + LEAST))
                    if before < ENOUGH * len(form) <= len(left):
                        complete.append((name, how))
        return list(dict.fromkeys(complete))
