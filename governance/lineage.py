"""Who, when, what: the history rows of an object and the ledger's rows about it, in one order, newest first."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.utils import formats, timezone
from django.utils.encoding import force_str
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.ledger.append import SYSTEM
from governance.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.utils.functional import _StrPromise

NAMES: dict[str, _StrPromise] = {
    "sha256": gettext_lazy("SHA-256"),
    "certificate": gettext_lazy("SHA-256 of the certificate"),
    "envelope_sha256": gettext_lazy("SHA-256 of the certificate"),
    "artifact": gettext_lazy("SHA-256"),
    "kind": gettext_lazy("Kind of reason"),
    "report_sha256": gettext_lazy("SHA-256 of the vetting report"),
    "keyid": gettext_lazy("Signing key"),
    "not_after": gettext_lazy("Valid until"),
    "from": gettext_lazy("Before"),
    "to": gettext_lazy("After"),
    "run": gettext_lazy("Vetting run"),
}
"""What the ledger's details are called on a page; any other key is words already."""

REFERENCES: dict[str, type[models.Model]] = {}
"""Details whose value is an object's id, and what it is the id of. The apps above add theirs: see `name_references`."""

CODED = frozenset({"from", "to", "kind", "outcome", "rating", "role", "trigger", "verdict"})
"""Details whose value is a stored word, such as `in_review`; any other text may be a stranger's and stays as it is."""

STORED_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\+00:00|Z)")

LONG = 300
"""Characters of a value that are shown."""

KEPT_BY_DIGEST = frozenset({"report", "envelope", "rules", "snapshot", "progress"})
"""Big fields: a digest beside them shows that they changed. No lineage is kept of a run's progress."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field's old and new value, as text."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LineageEntry:
    """One thing that happened. `verb` is the ledger's, empty for a history row."""

    at: datetime
    who: str
    what: str
    verb: str = ""
    changes: tuple[Change, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    @property
    def words(self) -> str:
        """What the ledger calls it, in words; empty for a history row."""
        return in_words(self.verb).capitalize()

    @property
    def kind(self) -> str:
        """`event` of the ledger, or `change` of the row."""
        return "event" if self.verb else "change"


@dataclass(frozen=True, slots=True)
class LineagePage:
    """Some entries, newest first, and whether there are older ones."""

    entries: tuple[LineageEntry, ...]
    number: int
    has_next: bool


def name_references(references: Mapping[str, type[models.Model]]) -> None:
    """Let pages name what these details of the ledger refer to. Ids alone are stored: names may be personal data."""
    REFERENCES.update(references)


def lineage_of(subject: models.Model, *, page: int = 1, per_page: int = 50) -> LineagePage:
    """One page of an object's lineage. Costs the same number of queries for any number of entries."""
    upto = page * per_page + 1
    entries = sorted([*_changes(subject, upto), *_events(subject, upto)], key=attrgetter("at"), reverse=True)
    start = (page - 1) * per_page
    return LineagePage(tuple(entries[start : start + per_page]), page, len(entries) > start + per_page)


def events_about(subjects: Iterable[models.Model], *, limit: int) -> tuple[LineageEntry, ...]:
    """The ledger's newest rows about any of several objects, in one query."""
    match = models.Q(pk__in=[])
    for subject in subjects:
        match |= models.Q(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))  # noqa: SLF001 - public
    return tuple(_told(LedgerEntry.objects.filter(match).order_by("-id")[:limit]))


def _events(subject: models.Model, limit: int) -> list[LineageEntry]:
    return _told(LedgerEntry.objects.about(subject).order_by("-id")[:limit])


def _told(rows: Iterable[LedgerEntry]) -> list[LineageEntry]:
    rows = list(rows)
    facts = facts_of(rows)
    return [
        LineageEntry(at=row.at, who=who(row.actor_label), what=row.subject_label, verb=row.verb, facts=facts[row.pk])
        for row in rows
    ]


def facts_of(rows: Iterable[LedgerEntry]) -> dict[int, tuple[tuple[str, str], ...]]:
    """The details of ledger rows in words, by the row's id, in one order on every database.

    One query for each kind of thing they refer to.
    """
    details = {row.pk: row.details if isinstance(row.details, dict) else {} for row in rows}
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for key, value in ((key, value) for each in details.values() for key, value in each.items()):
        if _is_reference(key, value):
            wanted[REFERENCES[key]].add(value)
    names = {model: _names(model, keys) for model, keys in wanted.items()}
    return {
        pk: tuple((_label(key), _fact(key, value, names)) for key, value in sorted(each.items()))
        for pk, each in details.items()
    }


def _label(key: str) -> str:
    return str(NAMES.get(key) or capfirst(in_words(key)))


def _is_reference(key: str, value: Any) -> bool:
    return key in REFERENCES and isinstance(value, int) and not isinstance(value, bool)


def in_words(stored: str) -> str:
    """A stored word, such as `version.submitted` or `in_review`, without its marks."""
    return re.sub(r"[._-]", " ", stored)


def _fact(key: str, value: Any, names: Mapping[Any, Mapping[Any, str]]) -> str:
    """A detail as it is read: stored words without their marks, times without their `T`, things by their name."""
    if _is_reference(key, value):
        return names[REFERENCES[key]].get(value, f"#{value}")
    if isinstance(value, str) and key in CODED:
        return in_words(value)
    if isinstance(value, str) and STORED_TIME.fullmatch(value):
        return value[:19].replace("T", " ")
    return _plain(value)


def kind_of(subject_type: str) -> str:
    """What kind of thing a ledger row is about, in words; the stored text where the model is gone."""
    try:
        return str(capfirst(apps.get_model(subject_type)._meta.verbose_name))  # noqa: SLF001 - public
    except (LookupError, ValueError):
        return subject_type


def who(label: str) -> str:
    """Who did it, as the ledger names them."""
    return _("The system") if label == SYSTEM else label


def _changes(subject: models.Model, limit: int) -> list[LineageEntry]:
    manager = getattr(type(subject), "history", None)
    if manager is None:
        return []
    rows = list(_rows(manager.model, subject, limit + 1))
    names = _related_names(rows)
    entries = []
    for index, row in enumerate(rows[:limit]):
        before = rows[index + 1] if index + 1 < len(rows) else None
        entries.append(_change_entry(row, before, names))
    return [entry for entry in entries if entry is not None]


def _rows(model: type[models.Model], subject: models.Model, limit: int) -> models.QuerySet[Any]:
    big = [field.name for field in model._meta.fields if field.name in KEPT_BY_DIGEST]  # noqa: SLF001 - public
    key = subject._meta.pk.attname  # noqa: SLF001 - public
    rows = model._default_manager.filter(**{key: subject.pk}).select_related("history_user")  # noqa: SLF001 - public
    return rows.defer(*big).order_by("-history_date", "-history_id")[:limit]


def _tracked_fields(row: Any) -> list[models.Field[Any, Any]]:
    ours = {"history_id", "history_date", "history_change_reason", "history_type", "history_user"}
    return [
        field
        for field in row._meta.fields  # noqa: SLF001 - public
        if field.name not in ours and field.name not in KEPT_BY_DIGEST and field.name != "id"
    ]


def _change_entry(row: Any, before: Any, names: Mapping[Any, Mapping[Any, str]]) -> LineageEntry | None:
    created = row.history_type == "+"
    changes = [] if before is None else list(_differences(before, row, names))
    if created:
        changes = [change for change in _differences(None, row, names) if change.new]
    elif before is not None and not changes:
        return None  # a save that changed no tracked value
    return LineageEntry(
        at=row.history_date,
        who=str(row.history_user) if row.history_user else _("The system"),
        what=_("Created") if created else _("Changed"),
        changes=tuple(changes),
        reason=row.history_change_reason or "",
    )


def _differences(before: Any, row: Any, names: Mapping[Any, Mapping[Any, str]]) -> Iterable[Change]:
    for field in _tracked_fields(row):
        old = getattr(before, field.attname) if before is not None else None
        new = getattr(row, field.attname)
        if old != new:
            yield Change(capfirst(force_str(field.verbose_name)), _shown(field, old, names), _shown(field, new, names))


def _related_names(rows: list[Any]) -> dict[Any, dict[Any, str]]:
    """The names of everything the rows point to: one query for each kind of thing."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for row in rows:
        for field in _tracked_fields(row):
            if field.is_relation and (value := getattr(row, field.attname)) is not None:
                wanted[field.related_model].add(value)
    return {model: _names(model, keys) for model, keys in wanted.items()}


def _names(model: Any, keys: set[Any]) -> dict[Any, str]:
    deep = [name for name in ("version__plugin", "plugin", "review__version__plugin") if _has(model, name)]
    big = [field.name for field in model._meta.fields if field.name in KEPT_BY_DIGEST]  # noqa: SLF001 - public
    found = model._default_manager.filter(pk__in=keys).select_related(*deep).defer(*big)  # noqa: SLF001 - public
    return {row.pk: str(row) for row in found}


def _has(model: Any, path: str) -> bool:
    for name in path.split("__"):
        field = next((field for field in model._meta.fields if field.name == name and field.is_relation), None)  # noqa: SLF001 - public
        if field is None:
            return False
        model = field.related_model
    return True


def _shown(field: models.Field[Any, Any], value: Any, names: Mapping[Any, Mapping[Any, str]]) -> str:
    if value is None or value == "":
        return ""
    if field.is_relation:
        return names.get(field.related_model, {}).get(value, f"#{value}")
    if field.flatchoices:
        return force_str(dict(field.flatchoices).get(value, value))
    return _plain(value)


def _plain(value: Any) -> str:
    """Any stored value as a short text."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if hasattr(value, "hour"):
        return formats.date_format(timezone.localtime(value), "Y-m-d H:i:s")
    if isinstance(value, (bytes, memoryview)):
        return f"sha256:{hashlib.sha256(bytes(value)).hexdigest()}"
    if isinstance(value, list) and all(isinstance(part, (str, int)) for part in value):
        value = ", ".join(map(str, value))
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return Truncator(force_str(value)).chars(LONG)
