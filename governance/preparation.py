"""What has to be in place before the portal serves: each app registers its steps, `manage.py prepare` takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]


class NotPrepared(Exception):
    """A step cannot be taken; the text is one sentence saying what to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: safe to take again, quick when there is nothing to do."""

    order: int
    title: str
    take: Callable[[Say], None]


_steps: list[Step] = []


def register(*, order: int, title: str, take: Callable[[Say], None]) -> None:
    """Add a step. `take` gets a function to print a line with, and raises NotPrepared where it cannot be taken."""
    _steps.append(Step(order, title, take))


def steps() -> list[Step]:
    """The steps in their order."""
    return sorted(_steps, key=lambda step: step.order)
