"""Admission against an empty view. `python -m tests.bench.admission`; part of `make bench`.

10,000 versions with a certificate each and a token, on SQLite and on PostgreSQL. gunicorn serves both views as
`manage.py serve` does (2 workers of 4 threads, all middleware); 8 connections ask as fast as they are answered, from
the same machine. Rounds of both alternate, so that load from outside hits both alike. The digests asked for are spread
over all certificates; each answer is looked at.
"""

import datetime as dt
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

from tests.bench.database import say
from tests.support import available

CERTIFICATES = 10_000
CONNECTIONS, ROUNDS, SECONDS = 8, 5, 4
RATE_AIM, TAIL_AIM = 0.7, 5.0
ENDED = b"\r\n\r\n"


def main() -> int:
    """Measure on each database there is, in a process of its own: its settings name it."""
    if len(sys.argv) > 1:
        _measure(sys.argv[1])
        return 0
    code = 0
    for kind in ("sqlite", "postgresql"):
        if kind == "postgresql" and not available.postgres_url():
            say("admission: no PostgreSQL on 127.0.0.1:5432, measured on SQLite alone")
            continue
        code = max(code, subprocess.run([sys.executable, "-m", "tests.bench.admission", kind], check=False).returncode)
    return code


def _measure(kind: str) -> None:
    from tests.support import environment  # noqa: PLC0415 - sets what the settings read

    name = f"bench_admission_{os.getpid()}"
    server = available.postgres_url()
    if kind == "postgresql":
        os.environ["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
        _sql(server, f"CREATE DATABASE {name}")
    data = environment.prepare()
    if kind == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{data / name}.sqlite3"
    try:
        text, digests, queries = _fill()
        _compare(kind, text, digests, queries)
    finally:
        if kind == "postgresql":
            _sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def _sql(server: str, statement: str) -> None:
    import psycopg  # noqa: PLC0415 - only where there is a server

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def _fill() -> tuple[str, list[str], int]:
    """A token, the digests of certified artifacts, and how many queries an answer takes."""
    import django  # noqa: PLC0415 - its settings are chosen above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after the settings
    from django.db import connection, connections  # noqa: PLC0415 - ditto
    from django.test import Client  # noqa: PLC0415 - ditto
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - ditto
    from django.utils import timezone  # noqa: PLC0415 - ditto

    from certification.models import Certificate  # noqa: PLC0415 - ditto
    from governance.roles import sync_roles  # noqa: PLC0415 - ditto
    from governance.tokens import mint  # noqa: PLC0415 - ditto
    from plugins.models import Artifact, PluginVersion  # noqa: PLC0415 - ditto
    from tests.factories import ApiTokenFactory, CertificateFactory, digest  # noqa: PLC0415 - ditto

    call_command("migrate", verbosity=0)
    sync_roles()
    like = CertificateFactory(demo=False, conditions="Outbound connections to api.acme.example only.")
    now = timezone.now()
    artifacts = Artifact.objects.bulk_create(
        Artifact(sha256=digest(str(n)), size=1, filename=f"{n}.tgz") for n in range(CERTIFICATES)
    )
    versions = PluginVersion.objects.bulk_create(
        PluginVersion(
            plugin=like.version.plugin, version=f"2.{n}", artifact=artifact, state="approved", purl="", queue_since=now
        )
        for n, artifact in enumerate(artifacts)
    )
    Certificate.objects.bulk_create(
        Certificate(
            serial=f"PW-{n}", version=version, run=like.run, policy=like.policy, sha256=artifacts[n].sha256, tier="low",
            not_before=now, not_after=now + dt.timedelta(days=90), revalidate_on=now.date(), conditions=like.conditions,
            envelope=bytes(like.envelope), envelope_sha256=like.envelope_sha256, keyid=like.keyid, demo=False,
        )
        for n, version in enumerate(versions)
    )  # fmt: skip
    text = mint()
    ApiTokenFactory(text=text, last_used_at=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        answer = Client(SERVER_NAME="127.0.0.1").get(
            "/api/v1/admission", {"sha256": artifacts[0].sha256}, headers={"Authorization": f"Bearer {text}"}
        )
    if not answer.json()["allowed"]:
        raise AssertionError(answer.content)
    connections.close_all()
    return text, [artifact.sha256 for artifact in artifacts], len(asked)


def _compare(kind: str, text: str, digests: list[str], queries: int) -> None:
    port = _free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "tests.bench.admission_wsgi", "--bind", f"127.0.0.1:{port}", "--preload"),
        *("--workers", "2", "--threads", "4", "--log-level", "error", "--no-control-socket"),
    ]
    chance = random.Random(7)  # noqa: S311 - which digest is asked for
    head = f"HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {text}\r\n\r\n"
    empty = [f"GET /empty {head}".encode()]
    asked = [f"GET /api/v1/admission?sha256={chance.choice(digests)} {head}".encode() for _ in range(5_000)]
    with subprocess.Popen(command) as server:
        try:
            _await(port)
            _round(port, empty, 1, None)
            _round(port, asked, 1, True)
            rounds = [(_round(port, empty, SECONDS, None), _round(port, asked, SECONDS, True)) for _ in range(ROUNDS)]
        finally:
            server.terminate()
    _report(kind, rounds, queries)


def _round(port: int, requests: list[bytes], seconds: float, allowed: bool | None) -> list[float]:
    """Ask on all connections for so long; the seconds each answer took."""
    took: list[float] = []
    faults: list[Exception] = []
    until = time.perf_counter() + seconds

    def ask(start: int) -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                place, mine = start, []
                while (begin := time.perf_counter()) < until:
                    connection.sendall(requests[place % len(requests)])
                    body = _answer(connection)
                    mine.append(time.perf_counter() - begin)
                    assert not allowed or json.loads(body)["allowed"], body
                    place += 1
                took.extend(mine)
        except Exception as fault:  # noqa: BLE001 - told below, in the main thread
            faults.append(fault)

    threads = [threading.Thread(target=ask, args=(number * 601,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return took


def _answer(connection: socket.socket) -> bytes:
    """The body of one answer, which has to be 200."""
    received = b""
    while ENDED not in received:
        part = connection.recv(65536)
        if not part:
            raise AssertionError("the connection was closed")
        received += part
    head, _ended, body = received.partition(ENDED)
    if not head.startswith(b"HTTP/1.1 200"):
        raise AssertionError(received)
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return body


def _report(kind: str, rounds: list[tuple[list[float], list[float]]], queries: int) -> None:
    rates = [[len(took) / SECONDS for took in pair] for pair in rounds]
    tails = [[_tail(took) for took in pair] for pair in rounds]
    rate = statistics.median(ours / empty for empty, ours in rates)
    tail = statistics.median(ours / empty for empty, ours in tails)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    say(
        f"\nadmission on {kind}, {CERTIFICATES:,} certificates, {CONNECTIONS} connections, load {load}, {queries} query"
    )
    for what, place in (("empty view", 0), ("admission", 1)):
        per_second = statistics.median(pair[place] for pair in rates)
        p50 = statistics.median(statistics.median(pair[place]) for pair in rounds) * 1000
        p99 = statistics.median(pair[place] for pair in tails) * 1000
        say(f"  {what:<14}{per_second:>8.0f}/s   p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
    best = max(ours / empty for empty, ours in rates)
    say(f"  rate   {rate:5.2f}   aim >= {RATE_AIM:.2f}  {_met(rate >= RATE_AIM)}   (best round {best:.2f})")
    say(f"  p99    {tail:5.2f}   aim <  {TAIL_AIM:.2f}  {_met(tail < TAIL_AIM)}")


def _met(met: bool) -> str:
    return "met" if met else "NOT MET"


def _tail(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.99)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("gunicorn did not answer")


if __name__ == "__main__":
    sys.exit(main())
