"""What a verification finds wrong: table, row, one sentence. Only so many are kept, all are counted."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT = 1_000
"""Problems that are listed: whoever rewrote a whole table learns no more from a million lines."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `row` is the row's key as text; for files outside the database their path."""

    table: str
    row: str
    text: str

    def __str__(self) -> str:
        return f"{self.table} {self.row}: {self.text}"


@dataclass(slots=True)
class Problems:
    """The problems found so far."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, table: str, row: object, text: str) -> None:
        """Count one, and keep it if there is room."""
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(Problem(table, str(row), text))
