"""What the sink saw, a line each, and the decoys' values in what left."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_RECORDS = 5000


class Record:
    """Writes events to standard output; after MAX_RECORDS it says `full` once and no more but the end."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._forms = [(name, how, form) for name, value in tokens.items() for how, form in forms(value)]

    def add(self, kind: str, **what: object) -> None:
        """Write one event down."""
        with self._lock:
            self._count += 1
            if self._count > MAX_RECORDS and kind != "end":
                return
            if self._count == MAX_RECORDS and kind != "end":
                kind, what = "full", {}
            sys.stdout.write(json.dumps({"kind": kind, "at": time.time(), **what}) + "\n")
            sys.stdout.flush()

    def search(self, data: bytes, channel: str, target: str) -> None:
        """Note every decoy's value in what left; names lose their capitals on the way."""
        lowered = data.lower()
        for name, how, form in self._forms:
            if form in data or (how != "base64" and form in lowered) or (channel == "dns" and form.lower() in lowered):
                self.add("leak", name=name, channel=channel, target=target, encoding=how)


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
