"""Start the sink."""

from __future__ import annotations

import functools
import json
import selectors
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from plugins.sandbox.watch.sink.dns import Dns, Names
from plugins.sandbox.watch.sink.packets import Packets
from plugins.sandbox.watch.sink.record import Output, Record
from plugins.sandbox.watch.sink.tcp import Tcp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugins.sandbox.watch.sink.tls import Certificates

DRAIN_SECONDS = 3.0
"""How long what is under way may take when all phases are over: their programs are gone, so nothing new comes."""


class Place:
    """The sockets of one phase's network, served by a thread."""

    def __init__(self, record: Record, sockets: Sequence[Sequence[int]], keys: Callable[[], Certificates]) -> None:
        self._record, self._tcp = record, Tcp(record, keys)
        self._waiting = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._waiting.register(self._woken, selectors.EVENT_READ)
        self._servers: list[socket.socket] = []
        serving = (Dns(record, Names()).serve, self._tcp.serve, Packets(record).serve)
        for numbers, serve in zip(sockets, serving, strict=True):
            for number in numbers:
                self._servers.append(socket.socket(fileno=number))
                self._waiting.register(self._servers[-1], selectors.EVENT_READ, serve)
        self._done = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        """Serve whoever waits, and once woken, until nobody does."""
        over = False
        while ready := self._waiting.select(0 if over else None):
            for key, _events in ready:
                if key.data is None:
                    over = True
                    self._waiting.unregister(key.fileobj)
                else:
                    key.data(key.fileobj)
        self._done = True

    def close(self) -> None:
        """Nothing new comes."""
        self._wake.close()

    def finish(self, deadline: float) -> None:
        """Wait for what is under way, then close; what is not heard to its end by then is said to be left out."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not self._done or not self._tcp.finish(deadline):
            self._record.add("full")
        if not self._thread.is_alive():
            self._woken.close()
            for server in self._servers:
                server.close()
            self._waiting.close()


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.stdin.readline())

    @functools.cache
    def keys() -> Certificates:
        from plugins.sandbox.watch.sink.tls import Certificates  # noqa: PLC0415 - start-up time: few speak TLS

        return Certificates(given["key"])

    out = Output()
    places = [
        Place(Record(out, number, given["tokens"]), sockets, keys) for number, sockets in enumerate(given["places"])
    ]
    out.say("ready")
    sys.stdin.read()
    for place in places:
        place.close()
    deadline = time.monotonic() + DRAIN_SECONDS
    for place in places:
        place.finish(deadline)
    out.say("end")


if __name__ == "__main__":
    main()
