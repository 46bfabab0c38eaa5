"""The criteria of a run as a reviewer reads them: what is open in full, what is settled folded away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import ngettext

from plugins.enums import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.models import User
    from plugins.models import CriterionResult

OPEN = (Outcome.NOT_MET, Outcome.UNANSWERED)
"""What somebody still has to do something about, the worse first."""


class Answer(Protocol):
    """What a person answered; the room above brings it."""

    @property
    def outcome(self) -> str:
        """One of `Outcome`."""

    @property
    def answered_by(self) -> User:
        """Who."""

    @property
    def note(self) -> str:
        """What was seen."""

    def get_outcome_display(self) -> str:
        """The outcome as a word."""


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion's result with the person's answer, which replaces it where there is one."""

    result: CriterionResult
    answer: Answer | None = None
    answerable: bool = False

    @property
    def outcome(self) -> str:
        """What counts."""
        return self.answer.outcome if self.answer else self.result.outcome

    @property
    def outcome_text(self) -> str:
        """What counts, as a word."""
        return self.answer.get_outcome_display() if self.answer else self.result.get_outcome_display()


@dataclass(frozen=True, slots=True)
class Fold:
    """The settled criteria of one outcome; `title` counts them."""

    outcome: str
    title: str
    rows: tuple[CriterionRow, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """All criteria of a run: `open` first and in full, the rest in folds."""

    open: tuple[CriterionRow, ...]
    folds: tuple[Fold, ...]


def criteria_view(rows: Iterable[CriterionRow]) -> Criteria:
    """Sort rows into what is open (not met, then unanswered; blocking ones first) and what is settled."""
    every = tuple(rows)
    unsettled = [row for row in every if row.outcome in OPEN]
    return Criteria(open=tuple(sorted(unsettled, key=_urgency)), folds=tuple(_folds(every)))


def _urgency(row: CriterionRow) -> tuple[int, bool]:
    return OPEN.index(Outcome(row.outcome)), not row.result.criterion.blocking


def _folds(rows: tuple[CriterionRow, ...]) -> Iterable[Fold]:
    met = tuple(row for row in rows if row.outcome == Outcome.MET)
    if met:
        yield Fold(Outcome.MET, ngettext("%(n)d met", "%(n)d met", len(met)) % {"n": len(met)}, met)
    beside = tuple(row for row in rows if row.outcome == Outcome.NOT_APPLICABLE)
    if beside:
        title = ngettext("%(n)d not applicable", "%(n)d not applicable", len(beside)) % {"n": len(beside)}
        yield Fold(Outcome.NOT_APPLICABLE, title, beside)
