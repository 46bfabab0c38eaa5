"""Feed a running sandbox and read it, within its limits of time and output."""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from plugins.sandbox.limits import Limits

CHUNK = 1 << 16
STATUS_LIMIT = 1 << 16
GRACE_SECONDS = 5.0
"""How long a killed sandbox may take to vanish before its launcher is killed as well."""


@dataclass(slots=True)
class Exchange:
    """One conversation; `talk` runs it to its end."""

    process: subprocess.Popen[bytes]
    status_fd: int
    limits: Limits
    stdin: bytes
    timed_out: bool = False
    truncated: bool = False
    _read: dict[str, bytearray] = field(
        default_factory=lambda: {n: bytearray() for n in ("stdout", "stderr", "status")}
    )
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _init: int | None = None
    """Descriptor of the namespace's first process; killing that kills everything in it."""
    _killed: bool = False

    @property
    def stdout(self) -> bytes:
        """What was kept of standard output."""
        return bytes(self._read["stdout"])

    @property
    def stderr(self) -> bytes:
        """What was kept of standard error."""
        return bytes(self._read["stderr"])

    @property
    def exit_code(self) -> int | None:
        """What bubblewrap reported; None where the program was never reached."""
        return self._reported("exit-code")

    def talk(self) -> None:
        """Write stdin and read until every descriptor is closed, which is when the sandbox is gone."""
        deadline = time.monotonic() + self.limits.wall_seconds
        try:
            self._register()
            while self._selector.get_map():
                deadline = self._step(deadline)
        finally:
            self._kill()
            self._close()

    def _register(self) -> None:
        for name, source in (
            ("stdout", self.process.stdout),
            ("stderr", self.process.stderr),
            ("status", self.status_fd),
        ):
            os.set_blocking(_fd(source), False)
            self._selector.register(_fd(source), selectors.EVENT_READ, name)
        if self.process.stdin is not None:
            os.set_blocking(self.process.stdin.fileno(), False)
            self._selector.register(self.process.stdin.fileno(), selectors.EVENT_WRITE, "stdin")

    def _step(self, deadline: float) -> float:
        """Serve what is ready; returns the deadline, moved where the sandbox had to be killed."""
        ready = self._selector.select(max(0.0, deadline - time.monotonic()))
        for key, _ in ready:
            self._serve(key.fd, str(key.data))
        if time.monotonic() < deadline and not (self.truncated and not self._killed):
            return deadline
        if self._killed:
            for fd in list(self._selector.get_map()):
                self._selector.unregister(fd)
            return deadline
        self.timed_out = not self.truncated
        self._kill()
        return time.monotonic() + GRACE_SECONDS

    def _serve(self, fd: int, name: str) -> None:
        if name == "stdin":
            self._feed(fd)
            return
        try:
            chunk = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        if chunk:
            self._keep(name, chunk)
        else:
            self._selector.unregister(fd)

    def _keep(self, name: str, chunk: bytes) -> None:
        kept = self._read[name]
        room = (STATUS_LIMIT if name == "status" else self.limits.output_bytes) - len(kept)
        kept += chunk[: max(0, room)]
        if len(chunk) > room and name != "status":
            self.truncated = True
        if name == "status" and self._init is None and (pid := self._reported("child-pid")):
            self._init = _pidfd(pid)

    def _feed(self, fd: int) -> None:
        try:
            written = os.write(fd, self.stdin[:CHUNK])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self.stdin)
        self.stdin = self.stdin[written:]
        if not self.stdin and self.process.stdin is not None:
            self._selector.unregister(fd)
            self.process.stdin.close()

    def _reported(self, key: str) -> int | None:
        for line in bytes(self._read["status"]).splitlines():
            try:
                value = json.loads(line).get(key)
            except ValueError:
                continue
            if isinstance(value, int):
                return value
        return None

    def _kill(self) -> None:
        """End the whole namespace; a second call ends the launcher too."""
        if self.process.returncode is not None:
            return
        if self._init is not None and not self._killed:
            _signal_pidfd(self._init)
        else:
            os.kill(self.process.pid, signal.SIGKILL)  # not Popen.kill(), which would reap it and lose its times
        self._killed = True

    def _close(self) -> None:
        if self._init is not None:
            os.close(self._init)
            self._init = None
        self._selector.close()


def _fd(source: IO[bytes] | int | None) -> int:
    return source if isinstance(source, int) else -1 if source is None else source.fileno()


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _signal_pidfd(fd: int) -> None:
    try:
        signal.pidfd_send_signal(fd, signal.SIGKILL)
    except ProcessLookupError:
        return
