"""Take the values of found credentials out of everything the checks say: each quotes the package in its own way.

What is quoted need not be the whole: a line of a key, the words of a password in an address. A value too short to be
told from ordinary text is left; nothing shows that it is one.
"""

from __future__ import annotations

import dataclasses
import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
T = TypeVar("T")
BLANK = "[credential]"
SHORTEST = 6
_LINE = 24
"""Characters from which on a line of a value on several lines, as keys are, is taken out by itself."""


def scrubber(values: Iterable[str]) -> Callable[[T], T]:
    """What gives back a result or a package with each of the values replaced by BLANK wherever it stands."""
    known = sorted(_forms(values), key=len, reverse=True)
    if not known:
        return lambda value: value
    blank = partial(re.compile("|".join(map(re.escape, known))).sub, BLANK)
    return lambda value: _clean(value, blank)


def _forms(values: Iterable[str]) -> set[str]:
    forms: set[str] = set()
    for value in values:
        lines = [line.strip() for line in re.split(r"\\n|[\r\n]", value)]
        pieces = [value.strip(), *(line for line in lines if len(line) >= _LINE and not line.startswith("-----"))]
        forms.update(form for piece in pieces for form in (piece, quote(piece, safe="")) if len(form) >= SHORTEST)
    return forms


def _clean(value: Any, blank: Callable[[str], str]) -> Any:
    """The same thing with its texts cleaned; enums and numbers as they are."""
    if type(value) is str:
        return blank(value)
    if isinstance(value, dict):
        return {_clean(key, blank): _clean(item, blank) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_clean(item, blank) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: _clean(getattr(value, one.name), blank) for one in dataclasses.fields(value) if one.init}
        return dataclasses.replace(value, **fields)
    return value
