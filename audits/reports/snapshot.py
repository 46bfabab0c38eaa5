"""A document as JSON and back; its digest is that of `governance.canonical`."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from audits.reports.documents import AuditReport, Dossier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audits.reports.documents import Document

KINDS: dict[str, type[Document]] = {kind.schema: kind for kind in (Dossier, AuditReport)}


class SnapshotInvalid(ValueError):
    """The JSON is no snapshot of ours; the text says where it goes wrong."""


def to_json(document: Document) -> dict[str, Any]:
    """The document as JSON-ready data with its schema's name; text is made storable (no NUL, no lone surrogates)."""
    plain: dict[str, Any] = _plain(document)
    return {"schema": document.schema, **plain}


def from_json(data: Mapping[str, Any]) -> Document:
    """The document a snapshot was made from.

    Raises:
        SnapshotInvalid: the schema is unknown, a field is missing, unknown or of another type.
    """
    kind = KINDS.get(data.get("schema", ""))
    if kind is None:
        raise SnapshotInvalid(f"unknown schema {data.get('schema')!r}")
    document: Document = _built(kind, {key: value for key, value in data.items() if key != "schema"}, kind.schema)
    return document


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return value


@lru_cache(maxsize=64)
def _needed(kind: type) -> frozenset[str]:
    """Fields without a default: those with one came later, and older snapshots lack them."""
    without = (field for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING)
    return frozenset(field.name for field in without)


@lru_cache(maxsize=64)
def _fields_of(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _built(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind):
        return _built_dataclass(kind, value, place)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise SnapshotInvalid(f"{place} is no list")
        return tuple(_built(get_args(kind)[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    if get_origin(kind) is UnionType:  # only `X | None` is used
        return None if value is None else _built(next(a for a in get_args(kind) if a is not NoneType), value, place)
    if kind in {date, datetime}:
        return _built_time(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise SnapshotInvalid(f"{place} is no {kind.__name__}")
    return value


def _built_dataclass(kind: Any, value: Any, place: str) -> Any:
    known = _fields_of(kind)
    if not isinstance(value, dict) or not _needed(kind) <= value.keys() <= known.keys():
        raise SnapshotInvalid(f"{place} has not the fields of {kind.__name__}")
    return kind(**{name: _built(known[name], entry, f"{place}.{name}") for name, entry in value.items()})


def _built_time(kind: Any, value: Any, place: str) -> Any:
    try:
        return kind.fromisoformat(value)
    except (TypeError, ValueError) as problem:
        raise SnapshotInvalid(f"{place} is no {kind.__name__}") from problem
