"""What goes into a sandbox run and what comes out."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plugins.sandbox.limits import MIB, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIGNAL_BASE = 128
"""A shell reports death by signal N as 128 + N."""
NOT_STARTED = (126, 127)


class SandboxUnavailable(RuntimeError):
    """No sandbox here, or it could not be set up. The message is one sentence saying what to install or change."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder the program sees. It must be readable by everyone; the folders above it need not be.

    A writable one is given to the sandbox's user for the time of the run. Its total size is not limited (each file
    is), and what is written there is hostile: read it without following links.
    """

    source: Path
    target: str | None = None
    """Where it appears inside; None: at the same path."""
    writable: bool = False

    @property
    def inside(self) -> str:
        """The path inside the sandbox."""
        return self.target or str(self.source.absolute())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a watched run has around it. `wrap` is put before bubblewrap's command line and so runs outside."""

    wrap: tuple[str, ...] = ()
    joined: bool = False
    """Whether to stay in the network namespace that `wrap` entered, instead of making an empty one."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files made inside, by absolute path; `%UID%` in them becomes the user's number."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How a run went. `returncode` is None where we ended it; death by signal N is 128 + N."""

    returncode: int | None
    stdout: bytes
    stderr: bytes
    duration: float
    cpu_seconds: float
    """User and system time of the processes that ended by themselves; killed ones are not counted."""
    timed_out: bool = False
    truncated: bool = False
    """It wrote more than the output limit and was stopped."""
    limits: Limits = field(default_factory=Limits)

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.returncode == 0 and not self.timed_out and not self.truncated

    @property
    def ending(self) -> str:
        """How it ended, as a plain sentence without any text of the program's own."""
        if self.timed_out:
            return f"It was stopped after {self.limits.wall_seconds:g} seconds."
        if self.truncated:
            return f"It was stopped for writing more than {self.limits.output_bytes // MIB} MiB of output."
        if self.returncode in NOT_STARTED:
            return f"The program could not be started (exit code {self.returncode})."
        if self.returncode is not None and self.returncode > SIGNAL_BASE:
            return self._killed(self.returncode - SIGNAL_BASE)
        return f"It ended with exit code {self.returncode}."

    def _killed(self, number: int) -> str:
        if number == signal.SIGXCPU:
            return f"It was killed for using more than {self.limits.cpu_seconds} seconds of processor time."
        if number == signal.SIGXFSZ:
            return f"It was killed for writing a file larger than {self.limits.file_bytes // MIB} MiB."
        try:
            name = signal.Signals(number).name
        except ValueError:
            return f"It ended with exit code {number + SIGNAL_BASE}."
        return f"It was killed by {name}, or ended with exit code {number + SIGNAL_BASE}."
