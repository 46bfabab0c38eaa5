"""What the sink saw, a line each, and the decoys' values in what left."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from typing import TYPE_CHECKING

from plugins.sandbox.watch.sink.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_RECORDS = 5000


class Output:
    """Writes lines to standard output."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def say(self, kind: str, **what: object) -> None:
        """Write one line."""
        line = json.dumps({"kind": kind, "at": time.time(), **what}) + "\n"
        with self._lock:
            sys.stdout.write(line)
            sys.stdout.flush()


class Record:
    """The events of one place; after MAX_RECORDS it says `full` once and no more."""

    def __init__(self, out: Output, place: int, tokens: Mapping[str, str]) -> None:
        self._out, self._place = out, place
        self._lock = threading.Lock()
        self._count = 0
        self._forms = [(name, how, form) for name, value in tokens.items() for how, form in forms(value)]
        self._parts = Parts(self._forms)

    def add(self, kind: str, **what: object) -> None:
        """Write one event down."""
        with self._lock:
            self._count += 1
            if self._count > MAX_RECORDS:
                return
            if self._count == MAX_RECORDS:
                kind, what = "full", {}
        self._out.say(kind, place=self._place, **what)

    def search(self, data: bytes, channel: str, target: str) -> None:
        """Note every decoy's value in what left, whole or in parts; names lose their capitals on the way."""
        lowered = data.lower()
        whole = set()
        for name, how, form in self._forms:
            if form in data or (how != "base64" and form in lowered) or (channel == "dns" and form.lower() in lowered):
                whole.add(name)
                self.add("leak", name=name, channel=channel, target=target, encoding=how)
        for name, how in self._parts.found(lowered):
            if name not in whole:
                self.add("leak", name=name, channel=channel, target=target, encoding=f"{how}, in parts")


def forms(value: str) -> Iterator[tuple[str, bytes]]:
    """A value as it may travel: as it is, reversed, in hex, base32, or inside a base64 text at any of its offsets."""
    raw = value.encode()
    yield "plain", raw
    yield "reversed", raw[::-1]
    yield "hex", raw.hex().encode()
    yield "base32", base64.b32encode(raw).rstrip(b"=")[:-1].lower()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw)
        yield "base64", whole[4 if shift else 0 : -4]
