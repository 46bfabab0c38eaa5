"""Takes every connection, finds out what is spoken, and answers HTTP with an empty object."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.sandbox.watch.sink.hello import HANDSHAKE, server_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugins.sandbox.watch.sink.record import Record
    from plugins.sandbox.watch.sink.tls import Certificates

MAX_CONNECTIONS, MAX_BYTES = 100, 256 * 1024
WAIT, SILENCE = 10.0, 0.4
"""Seconds for the other side to go on, and to begin before a greeting is said."""
GREETINGS = {
    21: b"220 ready\r\n",
    25: b"220 mail ESMTP\r\n",
    587: b"220 mail ESMTP\r\n",
    110: b"+OK\r\n",
    143: b"* OK ready\r\n",
}
METHODS = (b"GET ", b"POST", b"PUT ", b"HEAD", b"DELE", b"PATC", b"OPTI", b"CONN", b"TRAC", b"PRI ")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: %s\r\n\r\n"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom somebody meant to reach."""

    address: str
    port: int
    sni: str = ""

    @property
    def name(self) -> str:
        """The name where one is known."""
        return self.sni or self.address


class Heard:
    """A connection, and what was read from it and not yet looked at."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self.open = bytearray()
        self.sendall = client.sendall

    def recv(self, size: int) -> bytes:
        """Read as a socket does; no more than MAX_BYTES are kept, as of a body."""
        data = self._client.recv(size)
        self.open += data[: max(0, 2 * MAX_BYTES - len(self.open))]
        return data


class Tcp:
    """The server of all ports of one place."""

    def __init__(self, record: Record, certificates: Callable[[], Certificates]) -> None:
        self._record, self._certificates = record, certificates
        self._slots = threading.Semaphore(MAX_CONNECTIONS)
        self._talks: set[threading.Thread] = set()

    def serve(self, server: socket.socket) -> None:
        """Take the connection that waits, and hand it to a thread."""
        if not self._slots.acquire(blocking=False):
            self._record.add("full")  # who waits in line may send and leave unheard
            self._slots.acquire()
        try:
            client, _address = server.accept()
        except OSError:
            self._slots.release()
            return
        talk = threading.Thread(target=self._talk, args=(client,), daemon=True)
        self._talks = {one for one in self._talks if one.is_alive()} | {talk}
        talk.start()

    def finish(self, deadline: float) -> bool:
        """Wait for what was begun, until a time by `time.monotonic`; gives whether all of it was heard to its end."""
        for talk in self._talks:
            talk.join(max(0.0, deadline - time.monotonic()))
        return not any(talk.is_alive() for talk in self._talks)

    def _talk(self, client: socket.socket) -> None:
        address, port = client.getsockname()[:2]
        peer = Peer(address.removeprefix("::ffff:"), port)
        try:
            with client:
                self._speak(client, peer)
        except Exception as problem:  # noqa: BLE001 - whatever a stranger does, the others are served
            self._record.add("broken", address=peer.address, port=port, what=type(problem).__name__)
        finally:
            self._slots.release()

    def _speak(self, client: socket.socket, peer: Peer) -> None:
        first = self._first(client, peer.port)
        if first[:2] != HANDSHAKE:
            self._exchange(client, peer)
            return
        sni = ""
        with contextlib.suppress(IndexError, struct.error):
            sni = server_name(first)
        peer = Peer(peer.address, peer.port, sni)
        self._record.add("tls", address=peer.address, port=peer.port, sni=sni)
        with self._certificates().context(peer.name).wrap_socket(client, server_side=True) as inside:
            self._exchange(inside, peer)

    def _first(self, client: socket.socket, port: int) -> bytes:
        """The first bytes, without taking them; to who waits for a greeting, one is said."""
        client.settimeout(SILENCE)
        try:
            return client.recv(8192, socket.MSG_PEEK)
        except TimeoutError:
            client.settimeout(WAIT)
            client.sendall(GREETINGS.get(port, b""))
            return client.recv(8192, socket.MSG_PEEK)
        finally:
            client.settimeout(WAIT)

    def _exchange(self, client: socket.socket, peer: Peer) -> None:
        heard = Heard(client)
        try:
            data = heard.recv(65536)
            if data[:4] not in METHODS:
                self._swallow(heard, data, peer)
            while data[:4] in METHODS:
                data = self._request(heard, data, peer)
        finally:  # what was begun and never ended has left all the same
            self._search(bytes(heard.open), "tls" if peer.sni else "tcp", peer.name)

    def _swallow(self, client: Heard, data: bytes, peer: Peer) -> None:
        """Something else than HTTP: take what comes for a while, as a mail server would."""
        with contextlib.suppress(OSError):
            while len(data) < MAX_BYTES and (more := client.recv(65536)):
                data += more
                if peer.port in GREETINGS:
                    client.sendall(b"354 go on\r\n" if more[:4].upper() == b"DATA" else b"250 OK\r\n")
        self._record.add("tcp", address=peer.address, port=peer.port, bytes=len(data), sni=peer.sni)
        self._search(data, "tls" if peer.sni else "tcp", peer.name)
        client.open.clear()

    def _request(self, client: Heard, data: bytes, peer: Peer) -> bytes:
        """Read one request, answer it, and give what came behind it."""
        while b"\r\n\r\n" not in data and len(data) < MAX_BYTES and (more := client.recv(65536)):
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        method, _, target = line.decode("ascii", "backslashreplace").partition(" ")
        headers = {key.strip().lower(): value.strip() for key, _, value in (one.partition(b":") for one in lines)}
        if b"100-continue" in headers.get(b"expect", b"").lower():
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body, rest = _body(client, headers, rest)
        host = headers.get(b"host", b"").decode("ascii", "backslashreplace")[:260]
        self._record.add(
            "http", method=method[:16], path=target.partition(" ")[0][:500], host=host, port=peer.port,
            address=peer.address, sni=peer.sni, body=len(body),
        )  # fmt: skip
        self._search(head + b"\r\n\r\n" + body, "http", host or peer.name)
        client.open[:] = rest
        again = b"close" not in headers.get(b"connection", b"").lower()
        client.sendall(ANSWER % (b"keep-alive" if again else b"close") + (b"" if method == "HEAD" else b"{}"))
        return (rest or client.recv(65536)) if again else b""

    def _search(self, data: bytes, channel: str, target: str) -> None:
        """Look for decoys in what came, and in what it unpacks to."""
        self._record.search(data, channel, target)
        for at in {0, data.find(GZIP), data.find(b"\r\n\r\n") + 4} - {-1}:
            with contextlib.suppress(zlib.error):
                if plain := zlib.decompressobj(47).decompress(data[at:], 4 * MAX_BYTES):
                    self._record.search(plain, channel, target)


def _body(client: Heard, headers: Mapping[bytes, bytes], rest: bytes) -> tuple[bytes, bytes]:
    """A request's body, at most MAX_BYTES of it, and what came behind it."""
    if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
        while not rest.endswith(b"0\r\n\r\n") and len(rest) < MAX_BYTES and (more := client.recv(65536)):
            rest += more
        return rest, b""
    length = headers.get(b"content-length", b"0")
    wanted = min(int(length), MAX_BYTES) if length.isdigit() and len(length) < 12 else 0  # noqa: PLR2004 - digits
    while len(rest) < wanted and (more := client.recv(65536)):
        rest += more
    return rest[:wanted], rest[wanted:]
