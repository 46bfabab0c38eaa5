"""Read members of JSON objects with their types. Each function raises ProblemError naming the member."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}")


def as_object(value: object, what: str) -> dict[str, object]:
    """Take a value that must be an object."""
    if not isinstance(value, dict):
        raise ProblemError(f"{what} is not an object")
    return value


def closed(value: object, names: Iterable[str], what: str) -> dict[str, object]:
    """Take an object that must have exactly these members."""
    found, expected = as_object(value, what), set(names)
    if missing := sorted(expected - found.keys()):
        raise ProblemError(f"{what} lacks {', '.join(missing)}")
    if extra := sorted(found.keys() - expected):
        raise ProblemError(f"{what} has members it must not have: {', '.join(extra)}")
    return found


def as_list(parent: dict[str, object], name: str) -> list[object]:
    """Take a member that must be a list."""
    value = parent.get(name)
    if not isinstance(value, list):
        raise ProblemError(f"{name} is missing or not a list")
    return value


def text(parent: dict[str, object], name: str) -> str:
    """Take a member that must be text and not empty."""
    value = parent.get(name)
    if not isinstance(value, str) or not value:
        raise ProblemError(f"{name} is missing, empty or not text")
    return value


def texts(parent: dict[str, object], name: str) -> tuple[str, ...]:
    """Take a member that must be a list of texts."""
    values = as_list(parent, name)
    if not all(isinstance(value, str) and value for value in values):
        raise ProblemError(f"{name} holds something that is not text")
    return tuple(str(value) for value in values)


def number(parent: dict[str, object], name: str) -> int:
    """Take a member that must be a whole number of 0 or more."""
    value = parent.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ProblemError(f"{name} is missing or not a whole number")
    return value


def flag(parent: dict[str, object], name: str) -> bool:
    """Take a member that must be true or false."""
    value = parent.get(name)
    if not isinstance(value, bool):
        raise ProblemError(f"{name} is missing or neither true nor false")
    return value


def one_of(parent: dict[str, object], name: str, allowed: Iterable[str]) -> str:
    """Take a member that must be one of a few texts."""
    value, choices = text(parent, name), tuple(allowed)
    if value not in choices:
        raise ProblemError(f'{name} is "{value}", not one of {", ".join(choices)}')
    return value


def digest(parent: dict[str, object], name: str) -> str:
    """Take a member that must be a SHA-256 in lower-case hexadecimal."""
    value = text(parent, name)
    if not DIGEST.fullmatch(value):
        raise ProblemError(f"{name} is not a SHA-256 in lower-case hexadecimal")
    return value


def moment(parent: dict[str, object], name: str) -> datetime:
    """Take a member that must be a time of the form 2026-01-31T12:00:00Z."""
    value = text(parent, name)
    if not MOMENT.fullmatch(value):
        raise ProblemError(f"{name} is not a time like 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProblemError(f"{name} is not a time that exists") from error


def stamp(value: datetime) -> str:
    """Write a time in the one form these documents use. Raises ValueError for a time without zone."""
    if value.tzinfo is None:
        raise ProblemError("a time needs a time zone")
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
