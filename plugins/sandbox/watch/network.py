"""A network namespace of one recording's own, with the sink at the other end of every address."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from plugins.sandbox import command, runner, seccomp
from plugins.sandbox.contract import Bind, SandboxUnavailable
from plugins.sandbox.limits import MIB, Limits
from plugins.sandbox.python import python_binds, python_env
from plugins.sandbox.uids import unprivileged_uid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).resolve().parent
RESOLVER = "198.18.255.53"
"""What programs are told to ask; any address would do, since all of them lead to the sink."""
READY_SECONDS = 20.0
MAX_LINE = 1 << 16
LIMITS = Limits(wall_seconds=600, cpu_seconds=300, memory_bytes=8192 * MIB, processes=256, tmp_bytes=16 * MIB)
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
    """A running sink. `events` grows while it runs; read it after `stop`."""

    process: subprocess.Popen[bytes]
    events: list[dict[str, Any]] = field(default_factory=list)
    ca: bytes = b""
    ended: bool = False
    """Whether the sink said goodbye itself: else nobody knows what it did not write down."""
    _reader: threading.Thread | None = None

    def enter(self) -> tuple[str, ...]:
        """The command that puts what follows it into this namespace."""
        place = f"/proc/{self.process.pid}/ns"
        user = () if os.geteuid() == 0 else (f"--user={place}/user", "--preserve-credentials")
        return (command.program("nsenter"), *user, f"--net={place}/net", "--")

    def read(self) -> None:
        """Take in one line after the other until the sink is gone."""
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        for line in iter(lambda: self.process.stdout.readline(MAX_LINE), b""):  # type: ignore[union-attr]
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    self.events.append(event)
        self.ended = bool(self.events) and self.events[-1].get("kind") == "end"

    def stop(self) -> None:
        """Let the sink end and read it to its end."""
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        if self._reader is not None:
            self._reader.join(5)
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@contextmanager
def network(tokens: Mapping[str, str]) -> Iterator[Network]:
    """A namespace with a sink that answers; raises SandboxUnavailable where none can be made."""
    mode, calls = runner.mode(), seccomp.program()
    with unprivileged_uid() as uid, runner.readable(calls) as filter_fd, TemporaryDirectory(prefix="sink-") as folder:
        certificates = Path(folder) / "ca"
        certificates.mkdir(mode=0o777)
        certificates.chmod(0o777)
        Path(folder).chmod(0o755)
        status_read, status_write = os.pipe()
        try:
            line = command.build(
                [sys.executable, "-s", "-P", "-m", "plugins.sandbox.watch.sink"],
                mode=mode,
                uid=uid,
                binds=[*python_binds(), Bind(certificates, "/ca", writable=True)],
                limits=LIMITS,
                cwd="/tmp",  # noqa: S108 - inside
                network=False,
                status_fd=status_write,
                filter_fd=filter_fd,
                joined=True,
            )
            process = subprocess.Popen(
                [*_unshare(), sys.executable, "-I", "-S", str(HERE / "netns.py"), *line],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": runner.PATH, "HOME": command.HOME, "LANG": "C.UTF-8", **python_env()},
                pass_fds=(status_write, filter_fd),
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(status_write)
        try:
            yield _ready(Network(process), {"tokens": dict(tokens), "ca": "/ca"}, certificates / "ca.pem")
        finally:
            os.close(status_read)
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _unshare() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [command.program("unshare"), *user, "--net", "--"]


def _ready(running: Network, given: Mapping[str, Any], certificate: Path) -> Network:
    """Wait for the sink's first word; raises SandboxUnavailable with what it said instead."""
    process = running.process
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stdout is not None  # noqa: S101 - ditto
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        heard = waiting.select(READY_SECONDS)
    first = process.stdout.readline(MAX_LINE) if heard else b""
    if b'"ready"' not in first:
        process.kill()
        said = process.stderr.read(4096) if process.stderr else b""
        raise SandboxUnavailable(f"The network of the sandbox could not be set up: {runner.last_line(said)}")
    running.ca = certificate.read_bytes()
    running._reader = threading.Thread(target=running.read, name="sink", daemon=True)  # noqa: SLF001 - its maker
    running._reader.start()  # noqa: SLF001 - ditto
    return running


def now() -> float:
    """The clock that strace and the sink both go by."""
    return time.time()
