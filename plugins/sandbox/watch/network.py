"""A network namespace for each phase of a recording, with one sink at the other end of every address in all of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.sandbox import command, runner, seccomp
from plugins.sandbox.contract import SandboxUnavailable
from plugins.sandbox.limits import MIB, Limits
from plugins.sandbox.python import python_binds, python_env
from plugins.sandbox.uids import unprivileged_uid
from plugins.sandbox.watch.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).resolve().parent
MOST = 8
"""Namespaces that one sink serves."""
PORTS = (
    21, 22, 25, 53, 80, 110, 143, 389, 443, 465, 587, 636, 853, 993, 995, 1080, 1433, 1521, 1883, 3128, 3306, 3333,
    4444, 5000, 5432, 5671, 5672, 6379, 6443, 6667, 7777, 8000, 8080, 8081, 8443, 8883, 8888, 9000, 9001, 9092, 9200,
    9418, 11211, 14444, 27017,
)  # fmt: skip
"""What is usually called. An attempt at any other port is refused, and seen by the observer all the same."""
FIRST_SOCKET = 300
"""Number of the first socket's descriptor in the sink, above all that are open anyway."""
RESOLVER = "198.18.255.53"
"""What programs are told to ask; any address would do, since all of them lead to the sink."""
READY_SECONDS = 20.0
MAX_LINE = 1 << 16
LIMITS = Limits(
    wall_seconds=600, cpu_seconds=300, memory_bytes=8192 * MIB, processes=512, tmp_bytes=16 * MIB, open_files=2048
)
CA = "/etc/sink-ca.pem"
FILES = {
    "/etc/resolv.conf": f"nameserver {RESOLVER}\noptions timeout:2 attempts:1\n".encode(),
    "/etc/hosts": b"127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": b"passwd: files\nhosts: files dns\n",
    "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\ndev:x:%UID%:%UID%:dev:/tmp/home:/bin/sh\n",
    "/etc/group": b"root:x:0:\ndev:x:%UID%:\n",
}
TRUST = dict.fromkeys(("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"), CA)
"""Where programs are told to look for authorities, so that they speak to the sink as to anybody."""


@dataclass(slots=True)
class Network:
    """A running sink and the namespaces it serves. `events` grows while it runs; read it after `stop`."""

    process: subprocess.Popen[bytes]
    places: list[int] = field(default_factory=list)
    """Descriptors of the namespaces, one for each phase."""
    events: list[dict[str, Any]] = field(default_factory=list)
    ca: bytes = b""
    ended: bool = False
    """Whether the sink said goodbye itself: else nobody knows what it did not write down."""
    _reader: threading.Thread | None = None

    def enter(self, place: int) -> tuple[str, ...]:
        """The command that puts what follows it into a place, by number."""
        user = () if os.geteuid() == 0 else (f"--user=/proc/{self.process.pid}/ns/user", "--preserve-credentials")
        return (command.program("nsenter"), *user, f"--net=/proc/{os.getpid()}/fd/{self.places[place]}", "--")

    def follow(self) -> None:
        """Begin to read what the sink says."""
        self._reader = threading.Thread(target=self._read, name="sink", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Take in one line after the other until the sink is gone."""
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        for line in iter(lambda: self.process.stdout.readline(MAX_LINE), b""):  # type: ignore[union-attr]
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    self.events.append(event)
        self.ended = bool(self.events) and self.events[-1].get("kind") == "end"

    def stop(self) -> None:
        """Let the sink hear what is under way and end; raises SandboxUnavailable where it never began."""
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        if self._reader is not None:
            self._reader.join(READY_SECONDS)
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if not any(event.get("kind") == "ready" for event in self.events):
            raise _refused(self.process)


@contextmanager
def network(tokens: Mapping[str, str], places: int) -> Iterator[Network]:
    """So many namespaces, at most MOST, with a sink that answers; raises SandboxUnavailable where none can be made.

    The sink may still be starting: who calls meanwhile waits for its answer.
    """
    mode, calls, authority = runner.mode(), seccomp.program(), Authority.new()
    here, there = socket.socketpair()
    with here, unprivileged_uid() as uid, runner.readable(calls) as filter_fd:
        status_read, status_write = os.pipe()
        try:
            line = command.build(
                [sys.executable, "-s", "-P", "-m", "plugins.sandbox.watch.sink"],
                mode=mode,
                uid=uid,
                binds=python_binds(),
                limits=LIMITS,
                cwd="/tmp",  # noqa: S108 - inside
                network=False,
                status_fd=status_write,
                filter_fd=filter_fd,
                joined=True,
            )
            setup = [str(there.fileno()), str(places), ",".join(map(str, PORTS)), str(FIRST_SOCKET)]
            process = subprocess.Popen(
                [*_own_user(), sys.executable, "-I", "-S", str(HERE / "netns.py"), *setup, *line],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": runner.PATH, "HOME": command.HOME, "LANG": "C.UTF-8", **python_env()},
                pass_fds=(status_write, filter_fd, there.fileno()),
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(status_write)
            there.close()
        running = Network(process, ca=authority.certificate)
        try:
            sockets, running.places = _made(process, here, places)
            _tell(process, {"tokens": dict(tokens), "key": authority.key, "places": sockets})
            running.follow()
            yield running
        finally:
            for descriptor in running.places:
                os.close(descriptor)
            os.close(status_read)
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _own_user() -> list[str]:
    """Who is not root needs a user namespace to have rights over the network in it."""
    return [] if os.geteuid() == 0 else [command.program("unshare"), "--user", "--map-root-user", "--"]


def _made(process: subprocess.Popen[bytes], here: socket.socket, places: int) -> tuple[Any, list[int]]:
    """The sink's sockets and the namespaces, as `netns.py` tells of them; raises SandboxUnavailable."""
    here.settimeout(READY_SECONDS)
    try:
        told, descriptors, _flags, _address = socket.recv_fds(here, MAX_LINE, places)
    except TimeoutError:
        told, descriptors = b"", []
    if len(descriptors) != places:
        process.kill()
        for descriptor in descriptors:
            os.close(descriptor)
        raise _refused(process)
    return json.loads(told), list(descriptors)


def _tell(process: subprocess.Popen[bytes], given: Mapping[str, Any]) -> None:
    assert process.stdin is not None  # noqa: S101 - for the type checker
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()


def _refused(process: subprocess.Popen[bytes]) -> SandboxUnavailable:
    said = process.stderr.read(4096) if process.stderr else b""
    return SandboxUnavailable(f"The network of the sandbox could not be set up: {runner.last_line(said)}")


def now() -> float:
    """The clock that strace and the sink both go by."""
    return time.time()
