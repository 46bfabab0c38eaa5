"""Lift the triggers that keep rows as they are: for the suite's flush, and to play whoever owns the database."""

from contextlib import contextmanager

from django.db import connection

from governance.db import append_only, write_once


@contextmanager
def lifted():
    """Lift all of them; they are back afterwards."""
    tables, columns = append_only.guarded_tables(), write_once.expected_columns()
    if connection.vendor == "postgresql":
        _execute(["SET CONSTRAINTS ALL IMMEDIATE"])  # no trigger is dropped while checks wait for the end
    for table in tables:
        _execute(append_only.drop_statements(connection.vendor, table))
    for table in columns:
        _execute(write_once.drop_statements(connection.vendor, table))
    try:
        yield
    finally:
        for table in tables:
            _execute(append_only.create_statements(connection.vendor, table))
        for table, names in columns.items():
            _execute(write_once.create_statements(connection.vendor, table, names))


def _execute(statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
