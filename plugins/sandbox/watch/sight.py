"""Put together what strace saw and what the sink saw into the record of each phase."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plugins.sandbox.watch.contract import DecoyEvent, DnsEvent, HttpEvent, LeakEvent
from plugins.sandbox.watch.network import RESOLVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugins.sandbox.watch.contract import FileEvent, PhaseRecord, SocketEvent
    from plugins.sandbox.watch.decoys import Decoys
    from plugins.sandbox.watch.trace import Trace

DNS_PORT = 53
NO_SINK = "The other end of the network did not live to the end, so what was sent there is not known."
FULL = "More was sent than is written down; the rest is left out."


class Sight:
    """All that was seen at one place of a recording's network. `whole`: the sink lived to the end."""

    def __init__(self, decoys: Decoys, events: Sequence[dict[str, Any]], place: int, *, whole: bool) -> None:
        self._decoys, self._whole = decoys, whole
        self._events = [event for event in events if event.get("place") == place]
        self._names: dict[str, set[str]] = defaultdict(set)
        for event in self._events:
            if event.get("kind") == "dns":
                self._names[event["address"]].add(event["name"])

    def record(self, phase: PhaseRecord, trace: Trace, start: float) -> PhaseRecord:
        """The phase's record with everything in it; `start` is when it was started, in seconds of the clock."""
        began, events = trace.began or start, self._events
        problems = list(trace.problems)
        if not self._whole:
            problems.append(NO_SINK)
        if any(event.get("kind") == "full" for event in events):
            problems.append(FULL)
        return replace(
            phase,
            complete=not problems,
            problems=tuple(problems),
            files=tuple(trace.files.values()),
            sockets=tuple(self._named(event) for event in trace.sockets.values() if not _resolving(event)),
            commands=tuple(trace.commands),
            dns=_dns(events, began),
            http=tuple(_http(event, began) for event in events if event.get("kind") == "http"),
            decoys=tuple(self._touched(trace.files.values())),
            leaks=_leaks(events, began),
            processes=len(trace.processes),
        )

    def _named(self, event: SocketEvent) -> SocketEvent:
        return replace(event, hostnames=tuple(sorted(self._names.get(event.address, ()))))

    def _touched(self, files: Iterable[FileEvent]) -> Iterable[DecoyEvent]:
        for file in files:
            if name := self._decoys.name_of(file.path):
                yield DecoyEvent(name, file.path, file.at)


def _resolving(event: SocketEvent) -> bool:
    return event.address == RESOLVER and event.port == DNS_PORT


def _dns(events: Iterable[dict[str, Any]], began: float) -> tuple[DnsEvent, ...]:
    found: dict[str, DnsEvent] = {}
    for event in events:
        if event.get("kind") == "dns":
            known = found.get(event["name"])
            types = sorted({*(known.types if known else ()), event["type"]})
            found[event["name"]] = DnsEvent(event["name"], tuple(types), known.at if known else _at(event, began))
    return tuple(found.values())


def _http(event: dict[str, Any], began: float) -> HttpEvent:
    return HttpEvent(
        method=event["method"],
        scheme="https" if event["sni"] else "http",
        host=event["host"],
        port=event["port"],
        path=event["path"],
        sni=event["sni"],
        body_bytes=event["body"],
        at=_at(event, began),
    )


def _leaks(events: Iterable[dict[str, Any]], began: float) -> tuple[LeakEvent, ...]:
    found: dict[tuple[str, ...], LeakEvent] = {}
    for event in events:
        if event.get("kind") == "leak":
            key = (event["name"], event["channel"], event["target"], event["encoding"])
            found.setdefault(key, LeakEvent(*key, _at(event, began)))
    return tuple(found.values())


def _at(event: dict[str, Any], began: float) -> float:
    return round(max(0.0, float(event["at"]) - began), 3)
