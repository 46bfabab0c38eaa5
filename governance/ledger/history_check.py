"""Compare every history row with the digest the ledger has of it: changed, missing and smuggled-in rows are named."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from governance.ledger.history import digest_of, history_models
from governance.models.ledger import HISTORY_VERB, LedgerEntry

if TYPE_CHECKING:
    from django.db.models import Model

    from governance.ledger.problems import Problems

BATCH = 500


def check_history(problems: Problems) -> int:
    """Compare all history tables; returns how many rows there are."""
    return sum(_check_table(model, problems) for model in history_models())


def _check_table(model: type[Model], problems: Problems) -> int:
    label, table = model._meta.label_lower, model._meta.db_table  # noqa: SLF001 - Django's public name
    events = LedgerEntry.every.filter(verb=HISTORY_VERB, subject_type=label)
    expected = events.count()
    rows = matched = 0
    after = None
    while batch := _rows_after(model, after):
        after = batch[-1].pk
        rows += len(batch)
        logged: dict[str, list[Any]] = defaultdict(list)
        about = events.filter(subject_id__in=[str(row.pk) for row in batch]).order_by("id")
        for key, details in about.values_list("subject_id", "details"):
            logged[key].append(details)
        for row in batch:
            found = logged[str(row.pk)]
            matched += len(found)
            if problem := _wrong(row, found):
                problems.add(table, row.pk, problem)
    if matched != expected:
        _name_missing(model, problems)
    return rows


def _rows_after(model: type[Model], after: int | None) -> list[Any]:
    rows = model._default_manager.order_by("history_id")  # noqa: SLF001 - Django's public name
    return list((rows if after is None else rows.filter(history_id__gt=after))[:BATCH])


def _wrong(row: Any, logged: list[Any]) -> str:
    """What is wrong with a history row; empty where nothing is. The first event counts: a later one proves nothing."""
    if not logged:
        return "this history row is not in the ledger"
    try:
        same = digest_of(row, logged[0]["columns"]) == logged[0]["sha256"]
    except (KeyError, TypeError, ValueError):
        return "this history row has not the columns the ledger names"
    if not same:
        return "this history row was changed: its digest is not the one in the ledger"
    return "the ledger has this history row twice" if len(logged) > 1 else ""


def _name_missing(model: type[Model], problems: Problems) -> None:
    """Name the rows that the ledger has and the table has not."""
    label, table = model._meta.label_lower, model._meta.db_table  # noqa: SLF001 - Django's public name
    after = 0
    while True:
        events = LedgerEntry.every.filter(verb=HISTORY_VERB, subject_type=label, id__gt=after).order_by("id")
        batch = list(events.values_list("id", "subject_id")[:BATCH])
        if not batch:
            return
        after = batch[-1][0]
        keys = {int(key) for _id, key in batch if key.isdecimal()}
        there = set(model._default_manager.filter(pk__in=keys).values_list("pk", flat=True))  # noqa: SLF001 - ditto
        for entry, key in batch:
            if not key.isdecimal() or int(key) not in there:
                problems.add(table, key, f"this history row is missing, ledger entry {entry}")
