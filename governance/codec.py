"""Frozen dataclasses as JSON-ready data and back, strictly: what comes back has every field, of its very type.

For what is stored and read again later, possibly by a newer release: a field that came later has a default, which older
data may leave out. Anything else that is missing, unknown or of another type is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from governance import vocabulary

T = TypeVar("T")

NAMES = {
    "Mapping": Mapping,
    **{name: getattr(vocabulary, name) for name in ("Capability", "CheckStatus", "FindingState", "Severity")},
}
"""Types that our dataclasses import for type checking only."""


class Undecodable(ValueError):
    """The data is not that of the dataclass; the text says where it goes wrong."""


def encode(value: Any) -> Any:
    """Plain data of a dataclass; text is made storable (no NUL, no lone surrogates), sets are sorted."""
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {encode(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [encode(item) for item in value]
        return sorted(items) if isinstance(value, (set, frozenset)) else items
    return _encode_plain(value)


def _encode_plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return value


def decode(kind: type[T], data: Any, place: str = "") -> T:
    """The dataclass that `data` was made from; `place` is what it is called in a refusal. Raises Undecodable."""
    return cast("T", _built(kind, data, place or kind.__name__))


def _built(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind):
        return _built_dataclass(kind, value, place)
    origin = get_origin(kind)
    if origin in {tuple, frozenset}:
        if not isinstance(value, list):
            raise Undecodable(f"{place} is no list")
        return origin(_built(get_args(kind)[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if origin is UnionType:  # only `X | None` is used
        return None if value is None else _built(next(a for a in get_args(kind) if a is not NoneType), value, place)
    if kind in {object, Any}:
        return value
    return _built_plain(origin or kind, value, place)


def _built_plain(kind: Any, value: Any, place: str) -> Any:
    if kind in {Mapping, dict}:
        if not isinstance(value, dict):
            raise Undecodable(f"{place} is no object")
        return value
    if kind in {date, datetime} or issubclass(kind, Enum):
        return _parsed(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise Undecodable(f"{place} is no {kind.__name__}")
    return value


def _built_dataclass(kind: Any, value: Any, place: str) -> Any:
    known = _fields_of(kind)
    if not isinstance(value, dict) or not _needed(kind) <= value.keys() <= known.keys():
        raise Undecodable(f"{place} has not the fields of {kind.__name__}")
    return kind(**{name: _built(known[name], entry, f"{place}.{name}") for name, entry in value.items()})


def _parsed(kind: Any, value: Any, place: str) -> Any:
    try:
        return kind(value) if issubclass(kind, Enum) else kind.fromisoformat(value)
    except (TypeError, ValueError) as problem:
        raise Undecodable(f"{place} is no {kind.__name__}") from problem


@lru_cache(maxsize=128)
def _needed(kind: type) -> frozenset[str]:
    """Fields without a default: those with one came later, and older data may lack them."""
    without = (field for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING)
    return frozenset(field.name for field in without)


@lru_cache(maxsize=128)
def _fields_of(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind, localns=NAMES)
    return {field.name: hints[field.name] for field in fields(kind)}
