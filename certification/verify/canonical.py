"""Canonical JSON, the only form our own documents have: RFC 8785 without fractions.

UTF-8, no white space, members sorted, shortest escapes, whole numbers of at most 2^53 - 1. Every document has exactly
one such form, so a parsed document is compared with its source and a change that keeps its meaning still shows.
"""

from __future__ import annotations

import json
from typing import NoReturn

from .errors import ProblemError

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8785, RFC 7493)."""
DIGITS = 17


def canonical(value: object) -> bytes:
    """Encode a value of dicts, lists, texts, whole numbers, booleans and None. Raises ValueError for anything else."""
    _only_plain(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def _only_plain(value: object) -> None:
    """Refuse what has no single form: fractions, large numbers, member names that are not ASCII."""
    if isinstance(value, dict):
        for name, member in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise ProblemError("a member's name is not ASCII text")
            _only_plain(member)
    elif isinstance(value, list):
        for member in value:
            _only_plain(member)
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise ProblemError("a number is too large")
    elif value is not None and not isinstance(value, str):
        raise ProblemError(f"a {type(value).__name__} has no canonical form")


def parse(data: bytes) -> object:
    """Read JSON of any form. Raises ProblemError for what is not JSON, or is none that can have a canonical form."""
    try:
        return json.loads(
            data.decode("utf-8"), parse_int=_whole_number, parse_float=_refuse_number, parse_constant=_refuse_number
        )
    except UnicodeDecodeError as error:
        raise ProblemError("it is not UTF-8 text") from error
    except RecursionError as error:
        raise ProblemError("it is nested too deeply") from error
    except ProblemError:
        raise
    except ValueError as error:
        raise ProblemError("it is not JSON") from error


def parse_canonical(data: bytes, what: str) -> object:
    """Read JSON that must be in canonical form; `what` it is, for the message. Raises ProblemError."""
    value = parse(data)
    require_canonical(data, value, what)
    return value


def require_canonical(data: bytes, value: object, what: str) -> None:
    """Check that `data` is the canonical form of the `value` read from it. Raises ProblemError."""
    try:
        same = canonical(value) == data
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise ProblemError(
            f"{what} is not in canonical form: white space, order, escapes, numbers or a repeated member differ, "
            "as after saving it in an editor"
        )


def _whole_number(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ProblemError("it holds a number that is too large")
    return int(digits)


def _refuse_number(_: str) -> NoReturn:
    raise ProblemError("it holds a number that is not a whole number")
