"""The digest of every history row is an event of its own: so a row that was edited, removed or put in is found.

An event names table and columns, and of the values only a state; docs/ledger.md says how a value is written before it
is hashed.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from django_fsm import FSMField

from governance.canonical import canonical
from governance.ledger.append import SYSTEM, record_many
from governance.ledger.events import whole_if_possible
from governance.models.ledger import HISTORY_VERB, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 1_000
ADOPTED = "history.adopted"
"""The event that says: from here on every history row has its digest in the ledger."""


def log_rows(rows: Sequence[Any]) -> None:
    """Record the digests of new history rows of one model, in one statement and in the transaction that makes them."""
    if any(_is_computed(row) for row in rows):
        found = type(rows[0])._default_manager.in_bulk([row.pk for row in rows])  # noqa: SLF001 - Django's public name
        rows = [found[row.pk] for row in rows]
    with transaction.atomic(savepoint=False):
        record_many(_event(row) for row in rows)


def adopt() -> int:
    """Record the digests of rows older than the ledger's tree, once in an installation's life; returns how many."""
    if LedgerEntry.objects.filter(verb=ADOPTED).exists():
        return 0
    count = 0
    with transaction.atomic():
        for model in history_models():
            known = LedgerEntry.every.filter(verb=HISTORY_VERB, subject_type=model._meta.label_lower)  # noqa: SLF001 - ditto
            logged = {int(key) for key in known.values_list("subject_id", flat=True)}
            batch: list[Any] = []
            for row in model._default_manager.order_by("history_id").iterator(BATCH):  # noqa: SLF001 - ditto
                if row.pk not in logged:
                    batch.append(row)
                if len(batch) == BATCH:
                    log_rows(batch)
                    count, batch = count + len(batch), []
            if batch:
                log_rows(batch)
            count += len(batch)
        record_many([_told(ADOPTED, {"rows": count})])
    return count


def history_models() -> list[type[models.Model]]:
    """The models of all history tables, by name."""
    found = (model for model in apps.get_models() if hasattr(model, "history_id"))
    return sorted(found, key=lambda model: model._meta.label_lower)  # noqa: SLF001 - ditto


@cache
def columns_of(model: type[models.Model]) -> list[str]:
    """The columns that are hashed today, in order."""
    return sorted(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 - ditto


@cache
def states_of(model: type[models.Model]) -> list[str]:
    """The columns that say where a row's subject stands: they are told in clear, so that each move is an event."""
    return [field.attname for field in model._meta.concrete_fields if isinstance(field, FSMField)]  # noqa: SLF001 - ditto


def digest_of(row: Any, columns: Sequence[str]) -> str:
    """SHA-256, in hex, of these columns of a row. Raises KeyError for a column the table no longer has."""
    opts = row._meta  # noqa: SLF001 - ditto
    fields = {field.attname: field for field in opts.concrete_fields}
    values = {name: _value(fields[name], getattr(row, name)) for name in columns}
    return sha256(canonical({"table": opts.db_table, "row": values})).hexdigest()


def _event(row: Any) -> LedgerEntry:
    model: type[models.Model] = type(row)
    columns = columns_of(model)
    states = {name: getattr(row, name) for name in states_of(model)}
    event = _told(HISTORY_VERB, {"columns": columns, "sha256": digest_of(row, columns), **states})
    event.subject_type, event.subject_id = row._meta.label_lower, str(row.pk)  # noqa: SLF001 - ditto
    if row.history_user_id is not None:
        user = row._state.fields_cache.get("history_user")  # noqa: SLF001 - a name is not worth a query
        event.actor_id, event.actor_label = row.history_user_id, str(user or "")[:200]
    return event


def _told(verb: str, details: dict[str, Any]) -> LedgerEntry:
    return LedgerEntry(at=timezone.now(), actor_label=SYSTEM, verb=verb, details=details)


def _is_computed(row: Any) -> bool:
    """Whether the database has computed a value that we do not know yet."""
    return any(hasattr(value, "resolve_expression") for value in vars(row).values())


def _value(field: models.Field[Any, Any], value: Any) -> Any:
    """A column's value as it is hashed: the same before it is stored and after either database gave it back."""
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        return json.loads(json.dumps(value, cls=field.encoder), parse_float=whole_if_possible)
    if isinstance(field, models.BinaryField):
        return bytes(value).hex()
    return _plain(field.to_python(value), field)


def _plain(value: Any, field: models.Field[Any, Any]) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal):
        return f"{value:.{getattr(field, 'decimal_places', 0)}f}"
    if isinstance(value, (bool, int, float)):
        return value
    return str(value)
