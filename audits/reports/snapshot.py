"""A document as JSON and back; its digest is that of `governance.canonical`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audits.reports.documents import AuditReport, Dossier
from governance.codec import Undecodable, decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audits.reports.documents import Document

KINDS: dict[str, type[Document]] = {kind.schema: kind for kind in (Dossier, AuditReport)}


class SnapshotInvalid(ValueError):
    """The JSON is no snapshot of ours; the text says where it goes wrong."""


def to_json(document: Document) -> dict[str, Any]:
    """The document as JSON-ready data with its schema's name; text is made storable (no NUL, no lone surrogates)."""
    return {"schema": document.schema, **encode(document)}


def from_json(data: Mapping[str, Any]) -> Document:
    """The document a snapshot was made from.

    Raises:
        SnapshotInvalid: the schema is unknown, a field is missing, unknown or of another type.
    """
    kind = KINDS.get(data.get("schema", ""))
    if kind is None:
        raise SnapshotInvalid(f"unknown schema {data.get('schema')!r}")
    try:
        return decode(kind, {key: value for key, value in data.items() if key != "schema"}, kind.schema)
    except Undecodable as problem:
        raise SnapshotInvalid(str(problem)) from problem
