"""Stretches of days, as panels count by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Span(NamedTuple):
    """A stretch of days: from `start` up to, but not including, `end`; no `end` is open."""

    code: str
    title: _StrPromise
    start: int
    end: int | None
    tone: str
