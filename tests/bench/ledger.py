"""The ledger's speed on SQLite (synchronous=FULL) and on PostgreSQL. `python -m tests.bench.ledger`; in `make bench`.

Appended through the ORM: one event a transaction, and a thousand; numbering is part of both. Baseline of the same
round: as many rows of the same table by plain ORM inserts, one a transaction. Then the verification of a million
events, in a process of its own whose memory is read from the kernel. With `--writers SECONDS` eight processes append at
once instead, and a ninth is killed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

from tests.bench.database import say
from tests.support import available

SINGLE, BATCHED, EACH = 2_000, 100_000, 1_000
EVENTS = 1_000_000
ROUNDS = 3
AIMS = {"sqlite": 500, "postgresql": 1_000}
SECONDS = 60.0
WRITERS = 8


def main() -> int:
    """Measure both databases, each in a process of its own: settings name one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--writers", type=int, default=0, metavar="SECONDS")
    options.add_argument("--events", type=int, default=EVENTS)
    options.add_argument("--part", default="")
    given = options.parse_args()
    if given.part:
        _setup()
        return {"append": _append, "verify": _verify, "fill": _fill, "write": _write}[given.part](given)
    codes = []
    with tempfile.TemporaryDirectory() as folder:
        for vendor, url in (("sqlite", f"sqlite:///{folder}/bench.sqlite3"), ("postgresql", _own_postgres())):
            if not url:
                say("ledger: no PostgreSQL on 127.0.0.1:5432, only SQLite measured")
                continue
            load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
            say(f"\nledger on {vendor}, load {load}")
            environment = {
                **os.environ, "DATABASE_URL": url, "PLUGWARDEN_ENV": "test", "PLUGWARDEN_DATA": f"{folder}/{vendor}",
                "PLUGWARDEN_ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "governance.settings",
            }  # fmt: skip
            python = [sys.executable, "-m", "tests.bench.ledger", "--events", str(given.events)]
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=environment, check=True)
            if given.writers:
                codes.append(_writers(python, given.writers, environment))
                continue
            codes += [
                subprocess.run([*python, "--part", part], env=environment, check=False).returncode
                for part in ("append", "fill", "verify")
            ]
    return max(codes, default=0)


def _setup() -> None:
    import django  # noqa: PLC0415 - the environment names the database

    django.setup()


def _own_postgres() -> str:
    url = available.postgres_url()
    if not url:
        return ""
    name = f"bench_ledger_{os.getpid()}"
    base, _slash, _name = url.rpartition("/")
    import psycopg  # noqa: PLC0415 - only where there is PostgreSQL

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    import atexit  # noqa: PLC0415 - ditto

    def drop() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    atexit.register(drop)
    return f"{base}/{name}"


def _append(_given: argparse.Namespace) -> int:
    from django.db import connection, transaction  # noqa: PLC0415 - after the settings
    from django.utils import timezone  # noqa: PLC0415 - ditto

    from governance import ledger  # noqa: PLC0415 - ditto
    from governance.ledger.append import record_many  # noqa: PLC0415 - ditto
    from governance.ledger.verification import verify  # noqa: PLC0415 - ditto
    from governance.models import LedgerEntry  # noqa: PLC0415 - ditto

    def row(number: int) -> LedgerEntry:
        return LedgerEntry(
            at=timezone.now(), actor_label="system", verb="thing.done", subject_type="plugins.plugin",
            subject_id=str(number), subject_label="Weather for no-code", details={"sha256": "ab" * 32, "n": number},
        )  # fmt: skip

    def plain() -> None:
        for number in range(SINGLE):
            with transaction.atomic():
                row(number).save(force_insert=True)
        ledger.sequence()

    def single() -> None:
        for number in range(SINGLE):
            with transaction.atomic():
                ledger.record(verb="thing.done", subject_label="Weather", details={"sha256": "ab" * 32, "n": number})
        ledger.sequence()

    def batched() -> None:
        for _ in range(0, BATCHED, EACH):
            with transaction.atomic():
                record_many(row(number) for number in range(EACH))
        ledger.sequence()

    found: dict[str, list[float]] = {"plain": [], "single": [], "batched": []}
    for _ in range(ROUNDS):
        for name, count, run in (("plain", SINGLE, plain), ("single", SINGLE, single), ("batched", BATCHED, batched)):
            begin = time.perf_counter()
            run()
            found[name].append(count / (time.perf_counter() - begin))
    base, one, many = (sorted(found[name])[ROUNDS // 2] for name in ("plain", "single", "batched"))
    aim = AIMS[connection.vendor]
    slow, fast = _met(one, aim), _met(many, 10 * aim)
    say(f"  plain ORM insert, one a transaction   {base:>9,.0f} events/s")
    say(f"  recorded and numbered, one each       {one:>9,.0f} events/s   {one / base:.2f} of it   {slow}")
    say(f"  recorded and numbered, {EACH:,} each     {many:>9,.0f} events/s   {many / base:.2f} of it   {fast}")
    result = verify()
    say(f"  verified: {result.size:,} events, {result.count} problems, {result.waiting} waiting")
    return int(bool(result.count or result.waiting))


def _fill(given: argparse.Namespace) -> int:
    from django.db import transaction  # noqa: PLC0415 - after the settings
    from django.utils import timezone  # noqa: PLC0415 - ditto

    from governance.ledger.append import record_many  # noqa: PLC0415 - ditto
    from governance.ledger.sequencer import next_index  # noqa: PLC0415 - ditto
    from governance.models import LedgerEntry  # noqa: PLC0415 - ditto

    while (missing := given.events - next_index()) > 0:
        with transaction.atomic():
            record_many(
                LedgerEntry(
                    at=timezone.now(), actor_label="system", verb="thing.done", subject_type="plugins.plugin",
                    subject_id=str(number), subject_label="Weather", details={"sha256": "ab" * 32, "n": number},
                )
                for number in range(min(10 * EACH, missing))
            )  # fmt: skip
    return 0


def _verify(_given: argparse.Namespace) -> int:
    from governance.ledger.verification import verify  # noqa: PLC0415 - after the settings

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begin = time.perf_counter()
    found = verify()
    took = time.perf_counter() - begin
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdict = "met" if took < SECONDS else "NOT MET"
    say(f"  verified {found.size:,} events            {took:>9.1f} s   aim < {SECONDS:.0f}  {verdict}")
    say(f"    memory {most:.0f} MB, {most - before:.0f} MB more than before; {found.count} problems")
    return int(bool(found.count))


def _writers(python: list[str], seconds: int, environment: dict[str, str]) -> int:
    """Eight processes for so many seconds; one is killed half way, in the middle of whatever it does."""
    command = [*python, "--part", "write", "--writers", str(seconds)]
    running = [subprocess.Popen(command, env=environment) for _ in range(WRITERS + 1)]
    time.sleep(seconds / 2)
    running[-1].kill()
    codes = [process.wait() for process in running]
    say(f"  {WRITERS} writers for {seconds} s, and one killed: exit codes {codes}")
    check = [sys.executable, "manage.py", "ledger", "verify"]
    subprocess.run([sys.executable, "-c", _SEQUENCE], env=environment, check=True)
    return subprocess.run(check, env=environment, check=False).returncode or max(codes[:-1])


_SEQUENCE = """
import django; django.setup()
from governance import ledger
from governance.models import LedgerEntry, LedgerLeaf
ledger.sequence(thorough=True)
entries, leaves = LedgerEntry.every.count(), LedgerLeaf.objects.count()
last = LedgerLeaf.objects.order_by("-index").first().index
print(f"  {entries:,} events, {leaves:,} leaves, last index {last:,}")
assert entries == leaves == last + 1
"""


def _write(given: argparse.Namespace) -> int:
    from django.db import transaction  # noqa: PLC0415 - after the settings

    from governance import ledger  # noqa: PLC0415 - ditto

    end, count = time.monotonic() + given.writers, 0
    while time.monotonic() < end:
        with transaction.atomic():
            ledger.record(verb="thing.done", details={"pid": os.getpid(), "n": count})
        count += 1
    return 0


def _met(value: float, aim: float) -> str:
    return f"aim >= {aim:,.0f}  {'met' if value >= aim else 'NOT MET'}"


if __name__ == "__main__":
    sys.exit(main())
