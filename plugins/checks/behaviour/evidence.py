"""The sandbox log: what each phase did, JSON-ready and bounded, for the report and the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugins.checks.behaviour import sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugins.checks.behaviour.plan import Plan
    from plugins.checks.behaviour.progress import Progress
    from plugins.sandbox.watch import PhaseRecord, Recording

MOST = 40
"""Entries kept of each list; the number of all stands beside it where there are more."""
TAIL = 600


def evidence(plan: Plan, recording: Recording, progress: Mapping[str, Progress]) -> dict[str, Any]:
    """What is kept for the record."""
    stubs = sorted({name for one in progress.values() for name in one.stubs})
    return {
        "observer": recording.observer,
        "stand_ins": stubs[:MOST],
        "phases": [_phase(record, plan, progress[record.name]) for record in recording.phases],
    }


def _phase(record: PhaseRecord, plan: Plan, progress: Progress) -> dict[str, Any]:
    output = record.stdout.decode("utf-8", "replace")
    own = "\n".join(line for line in output.splitlines() if line and not line.startswith(plan.mark))
    return {
        "name": record.name,
        "seconds": record.duration,
        "ending": record.ending,
        "complete": record.complete,
        "problems": list(record.problems),
        "processes": record.processes,
        "loaded": progress.loaded[:MOST],
        "failed": dict(list(progress.failed.items())[:MOST]),
        "used": dict(list(progress.used.items())[:MOST]),
        "hosts": _some(sorted(sight.hosts(record))),
        "requests": _some(
            f"{event.at:.2f} s  {event.method} {event.scheme}://{event.host}{event.path}"
            + (f" ({event.body_bytes} bytes)" if event.body_bytes else "")
            for event in record.http
        ),
        "connections": _some(
            f"{event.at:.2f} s  {(event.hostnames or (event.address,))[0]}:{event.port}"
            + (" (listening)" if event.listening else "")
            for event in record.sockets
        ),
        "commands": _some(f"{command.at:.2f} s  {' '.join(command.argv)[:300]}" for command in record.commands),
        "read": _some(file.path for file in sight.read_files(record, plan.own)),
        "written": _some(
            f"{file.at:.2f} s  {file.path}" + (" (removed)" if file.delete else "")
            for file in sight.written_files(record)
        ),
        "decoys": _some(f"{decoy.at:.2f} s  {decoy.name}" for decoy in record.decoys),
        "sent": _some(
            f"{leak.at:.2f} s  {leak.name} to {leak.target} over {leak.channel} ({leak.encoding})"
            for leak in record.leaks
        ),
        "output": _clean(own[-TAIL:]),
        "errors": _clean(record.stderr.decode("utf-8", "replace")[-TAIL:]),
    }


def _some(lines: Iterable[str]) -> list[str]:
    every = [_clean(line) for line in lines]
    return every if len(every) <= MOST else [*every[:MOST], f"and {len(every) - MOST} more"]


def _clean(text: str) -> str:
    """Nothing a terminal or a page would obey; line ends stay."""
    return "".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text)
