"""A PostgreSQL database of the bench's own, for parts that run as processes of their own."""

import logging
import os
import sys
from contextlib import contextmanager

from tests.support import available


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def own_database(what: str):
    """Make it, give True, and drop it again; give False where there is no PostgreSQL, and say so. Sets Django up."""
    url = available.postgres_url()
    if not url:
        say(f"{what}: no PostgreSQL on 127.0.0.1:5432, nothing measured")
        yield False
        return
    os.environ["DATABASE_URL"] = url
    from tests.support import environment  # noqa: PLC0415 - reads the address just set

    environment.prepare()
    import django  # noqa: PLC0415 - its settings are chosen above

    logging.disable(logging.WARNING)
    django.setup()
    from django.db import connection  # noqa: PLC0415 - ditto

    old = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{environment.run_id()}_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield True
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)
