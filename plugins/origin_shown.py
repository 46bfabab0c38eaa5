"""Where a version comes from, ready to be shown: out of a run's report. Text in it is hostile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.utils.functional import _StrPromise

SHOWN_PATHS = 20
"""Files of one standing shown on a page; the report has up to 200."""
FIELDS: tuple[tuple[str, _StrPromise], ...] = (
    ("builder", gettext_lazy("Builder")),
    ("workflow", gettext_lazy("Workflow")),
    ("repository", gettext_lazy("Repository")),
    ("ref", gettext_lazy("Ref")),
    ("commit", gettext_lazy("Commit")),
    ("signer", gettext_lazy("Signed by")),
    ("signed_at", gettext_lazy("Logged at")),
)
STANDINGS: tuple[tuple[str, _StrPromise], ...] = (
    ("differs", gettext_lazy("Different")),
    ("added", gettext_lazy("Only in the package")),
    ("built", gettext_lazy("Built")),
    ("packed", gettext_lazy("Written by the packing tool")),
    ("source-only", gettext_lazy("Only in the source")),
)


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """One statement: whether it counts, why, and what it says."""

    document: str
    verified: bool
    reason: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownFiles:
    """The files of one standing, some of them by name."""

    title: str
    count: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownOrigin:
    """All of it."""

    verified: bool
    reason: str
    trust_problem: str
    statements: tuple[ShownStatement, ...]
    source: str
    """Name of the source archive; empty: none was handed in."""
    source_problem: str
    folder: str
    identical: int
    files: tuple[ShownFiles, ...]


def origin_of(report: Mapping[str, Any]) -> ShownOrigin | None:
    """What a report says of the origin; None where it says nothing, as older ones do."""
    origin = report.get("provenance")
    if not isinstance(origin, dict):
        return None
    source = origin.get("source") or {}
    counts = source.get("counts") or {}
    return ShownOrigin(
        verified=origin.get("verified") is True,
        reason=str(origin.get("reason") or ""),
        trust_problem=str(origin.get("trust_problem") or ""),
        statements=tuple(_statement(one) for one in origin.get("statements") or ()),
        source=str(source.get("name") or ""),
        source_problem=str(source.get("problem") or ""),
        folder=str(source.get("folder") or ""),
        identical=int(counts.get("identical") or 0),
        files=tuple(_files(counts, source.get("files") or {})),
    )


def _statement(one: Mapping[str, Any]) -> ShownStatement:
    return ShownStatement(
        document=str(one.get("document") or _("A statement")),
        verified=one.get("verified") is True,
        reason=str(one.get("reason") or ""),
        fields=tuple((str(title), str(one[name])) for name, title in FIELDS if one.get(name)),
    )


def _files(counts: Mapping[str, Any], paths: Mapping[str, Any]) -> Iterator[ShownFiles]:
    for name, title in STANDINGS:
        if count := int(counts.get(name) or 0):
            yield ShownFiles(str(title), count, tuple(map(str, (paths.get(name) or ())[:SHOWN_PATHS])))
