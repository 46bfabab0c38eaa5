"""Run phases under observation.

strace stands outside: in the host's process namespace, with its record in a pipe that only it and we have open. The
watched program has another user, sees no process but its own, and cannot trace, write or outlive anything of ours. What
the observer did not see to its end makes the phase's record incomplete, and nothing is concluded from it.
"""

from __future__ import annotations

import functools
import os
import re
import secrets
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.sandbox import command, runner
from plugins.sandbox.contract import SandboxUnavailable, Surroundings
from plugins.sandbox.limits import MIB
from plugins.sandbox.watch import memory
from plugins.sandbox.watch.contract import PhaseRecord, Recording
from plugins.sandbox.watch.decoys import Decoys
from plugins.sandbox.watch.network import CA, FILES, MOST, TRUST, network, now
from plugins.sandbox.watch.sight import Sight
from plugins.sandbox.watch.trace import BEGIN, CALLS, Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugins.sandbox.contract import Bind, SandboxResult
    from plugins.sandbox.watch.contract import Phase

INSTALL = "Install it with: apt-get install strace util-linux"
MEMORY_BYTES = 1536 * MIB
"""What all processes of a phase may hold together."""
CHUNK = 1 << 18
STRING_BYTES = 400
KEPT_OUTPUT = 512 * 1024
"""Bytes kept of the end of what a phase printed."""
SCRIPT = 'exec "$@"'
DRAIN_SECONDS = 10.0


def watch(
    phases: Sequence[Phase], *, binds: Sequence[Bind] = (), decoys: Decoys | None = None, together: int | None = None
) -> Recording:
    """Run the phases, each in a fresh sandbox with a network of its own, and give what they did, in their order.

    They know nothing of each other, so `together` of them run at once, as many as there are processors if it is not
    said, the first ones first. `binds` are read-only inputs, as for `plugins.sandbox.run`. Raises SandboxUnavailable
    where nothing can be run or watched here, with one sentence on what to install or change.
    """
    version = observer()
    planted = decoys or Decoys.new()
    began = now()
    records: list[PhaseRecord] = []
    for first in range(0, len(phases), MOST):
        part = phases[first : first + MOST]
        records += _part(part, tuple(binds), planted, began, together or os.cpu_count() or 1)
    return Recording(tuple(records), version)


def _part(
    phases: Sequence[Phase], binds: tuple[Bind, ...], decoys: Decoys, began: float, together: int
) -> Iterator[PhaseRecord]:
    """Run phases that share a sink, each at a place of its own."""
    with network(decoys.tokens, len(phases)) as around:
        with ThreadPoolExecutor(min(together, len(phases)), thread_name_prefix="phase") as pool:
            wraps = [around.enter(place) for place in range(len(phases))]
            seen = list(pool.map(lambda phase, wrap: _phase(phase, binds, decoys, wrap, around.ca), phases, wraps))
        around.stop()
    for place, one in enumerate(seen):
        record = replace(one.record, started=round(one.start - began, 3))
        yield Sight(decoys, around.events, place, whole=around.ended).record(record, one.trace, one.start)


def unavailable() -> str | None:
    """None where programs can be watched, else one sentence saying what to install or change."""
    try:
        runner.mode()
        observer()
    except SandboxUnavailable as refusal:
        return str(refusal)
    return None


@functools.cache
def observer() -> str:
    """`strace 6.1`; raises SandboxUnavailable where a program of the observer's is missing."""
    for name in ("strace", "nsenter", "unshare"):
        try:
            command.program(name)
        except SandboxUnavailable as missing:
            raise SandboxUnavailable(f"The program {name} is missing. {INSTALL}") from missing
    said = subprocess.run(
        [command.program("strace"), "--version"], capture_output=True, text=True, check=False, timeout=10
    )
    found = re.search(r"version (\S+)", said.stdout)
    if found is None:
        raise SandboxUnavailable(f"strace does not work here. {INSTALL}")
    return f"strace {found[1]}"


@dataclass(slots=True)
class _Seen:
    record: PhaseRecord
    trace: Trace
    start: float


def _phase(phase: Phase, binds: tuple[Bind, ...], decoys: Decoys, enter: tuple[str, ...], ca: bytes) -> _Seen:
    trace = Trace(secrets.token_hex(8), phase.cwd)
    start = now()
    with _pipe(trace) as pipe:
        guard = memory.Guard(MEMORY_BYTES)
        result = runner.execute(
            _argv(phase, trace.nonce),
            mode=runner.mode(),
            binds=binds,
            env={**decoys.env, **TRUST, **phase.env},
            limits=phase.limits,
            cwd="/",
            around=Surroundings(
                wrap=(*enter, *_strace(pipe)),
                joined=True,
                files={**FILES, CA: ca, **{path: text.encode() for path, text in decoys.files.items()}},
            ),
            began=guard.watch,
        )
        guard.stop()
    trace.end()
    if guard.exceeded:
        trace.problems.append(f"It was stopped for holding more than {MEMORY_BYTES // MIB} MiB of memory.")
    return _Seen(_record(phase, result), trace, start)


def _argv(phase: Phase, nonce: str) -> list[str]:
    """The phase's program behind a marker that nobody inside could have known before."""
    marked = f'cd "$0" || exit 126; exec /bin/sh -c \'{SCRIPT}\' {BEGIN}{nonce} "$@"'
    prepare = f"{phase.prepare}\n" if phase.prepare else ""
    return ["/bin/sh", "-c", prepare + marked, phase.cwd, *phase.argv]


def _strace(pipe: str) -> tuple[str, ...]:
    calls = ",".join(f"?{name}" for name in CALLS)
    return (
        command.program("strace"), "-f", "--seccomp-bpf", "-q", "-ttt", "-y", "-s", str(STRING_BYTES), "-e",
        f"trace={calls}", "-o", pipe, "--",
    )  # fmt: skip


@contextmanager
def _pipe(trace: Trace) -> Iterator[str]:
    """A named pipe for strace to write to, which is read into `trace` meanwhile.

    By name, so that strace opens it itself: a descriptor handed on would be open in the watched program as well.
    """
    with tempfile.TemporaryDirectory(prefix="watch-") as folder:
        path = Path(folder) / "trace"
        os.mkfifo(path, 0o600)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        holding = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # else a reader that comes early sees the end at once
        os.set_blocking(reading, True)
        reader = threading.Thread(target=_drain, args=(reading, trace), name="trace", daemon=True)
        reader.start()
        try:
            yield str(path)
        finally:
            os.close(holding)
            reader.join(DRAIN_SECONDS)
            if reader.is_alive():
                trace.problems.append("The observer's record did not end.")
            else:
                os.close(reading)


def _drain(reading: int, trace: Trace) -> None:
    while chunk := os.read(reading, CHUNK):
        trace.feed(chunk)


def _record(phase: Phase, result: SandboxResult) -> PhaseRecord:
    return PhaseRecord(
        name=phase.name,
        started=0.0,
        duration=round(result.duration, 3),
        ending=result.ending,
        returncode=result.returncode,
        complete=False,
        stdout=result.stdout[-KEPT_OUTPUT:],
        stderr=result.stderr[-KEPT_OUTPUT:],
        timed_out=result.timed_out,
        truncated=result.truncated,
        cpu_seconds=round(result.cpu_seconds, 3),
    )
