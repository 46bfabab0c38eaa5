"""Answers every name with an address of its own. Source: RFC 1035, section 4.1; RFC 6891, section 6.1.

It looks for decoys in the name of a query alone; what else a datagram to its port holds is for `packets` to search.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.sandbox.watch.sink.record import Record

BLOCK = "198.18."
"""The block of addresses for tests of networks (RFC 2544)."""
MAX_NAMES = 60_000
TYPES = {1: "A", 2: "NS", 5: "CNAME", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 65: "HTTPS", 255: "ANY"}
A = 1
HEADER = 12
_MAX_LABEL, _MAX_NAME = 63, 253
_KIND_OF_MESSAGE = 0xF800
"""Of the header's flags those that tell a plain query, all zero, from everything else."""
_OPTIONS = b"\0\0\x29"
"""How the record of EDNS begins: no name, type 41."""
_OPTIONS_FIXED = 11
"""Bytes of that record before its data, the length of which is the last two."""


class Names:
    """Gives each name an address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, int] = {}

    def address(self, name: str) -> str:
        """The address of a name, the same each time."""
        with self._lock:
            number = self._known.setdefault(name, len(self._known) % MAX_NAMES)
        return f"{BLOCK}{number >> 8}.{number & 0xFF}"


def question(packet: bytes) -> tuple[str, int, int]:
    """The name and type a query asks for, and where its question ends; ValueError for what is no query."""
    labels: list[bytes] = []
    at = HEADER
    try:
        while (size := packet[at]) != 0:
            at += 1 + size
            if size > _MAX_LABEL or at > HEADER + 1 + _MAX_NAME:
                raise ValueError("no plain name")
            labels.append(packet[at - size : at])
        kind, _class = struct.unpack_from("!HH", packet, at + 1)
    except (IndexError, struct.error):
        raise ValueError("it breaks off") from None
    return b".".join(labels).decode("ascii", "backslashreplace"), kind, at + 5


def unanswered(packet: bytes) -> bytes:
    """What a datagram to the resolver holds beside the name it asks for: nothing where it is a plain query.

    Of a query with something behind it that is what follows its question, of anything else all.
    """
    try:
        _name, _kind, end = question(packet)
    except ValueError:
        return packet
    _number, flags, asked, *records, extra = struct.unpack_from("!6H", packet)
    if flags & _KIND_OF_MESSAGE or asked != 1 or any(records) or extra > 1:
        return packet
    rest = packet[end:]
    if rest.startswith(_OPTIONS) and int.from_bytes(rest[9:_OPTIONS_FIXED]) == len(rest) - _OPTIONS_FIXED:
        return rest[_OPTIONS_FIXED:]
    return rest


def reply(packet: bytes, address: str, kind: int, end: int) -> bytes:
    """An answer with one address to an A question, an empty one to anything else."""
    answers = 1 if kind == A else 0
    head = packet[:2] + struct.pack("!HHHHH", 0x8180, 1, answers, 0, 0) + packet[12:end]
    if not answers:
        return head
    return head + struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)


class Dns:
    """The resolver."""

    def __init__(self, record: Record, names: Names) -> None:
        self._record, self._names = record, names

    def answer(self, packet: bytes) -> bytes:
        """Note a query and answer it; ValueError for what is none."""
        name, kind, end = question(packet)
        plain = name.rstrip(".").lower()
        address = self._names.address(plain)
        self._record.add("dns", name=plain, type=TYPES.get(kind, str(kind)), address=address)
        self._record.search(plain.replace(".", "").encode(), "dns", plain)
        return reply(packet, address, kind, end)

    def serve(self, server: socket.socket) -> None:
        """Take the query that waits, and answer it from the very address that was asked.

        A question is shorter than what is read of it here; what is longer, or none, `packets` reads whole.
        """
        packet, ancillary, _flags, client = server.recvmsg(4096, 256)
        with contextlib.suppress(ValueError, OSError):  # whatever a stranger sent, the next one is answered
            server.sendmsg([self.answer(packet)], ancillary, 0, client)
