"""What is run under observation, and what comes back.

The objects are those of OpenSSF package-analysis (its `docs/data_schema.md`: files, sockets, commands, DNS), with the
time of each in seconds since its phase began, and what a sink sees beyond them: HTTP requests and values that left.
Everything textual in a record comes from a stranger's program.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - governance.codec reads the types of fields
from dataclasses import dataclass, field

from plugins.sandbox.limits import MIB, Limits

PHASE_LIMITS = Limits(
    wall_seconds=20, cpu_seconds=20, memory_bytes=65536 * MIB, processes=128, file_bytes=64 * MIB,
    output_bytes=1 * MIB, tmp_bytes=256 * MIB,
)  # fmt: skip
"""What one phase may use. Memory is address space, of which WebAssembly in Node alone reserves ten gigabytes; what is
really held is added up and bounded by `memory.Guard`."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One program to run. Its record begins with `argv`; what `prepare` (a shell script) did before is left out."""

    name: str
    argv: tuple[str, ...]
    cwd: str = "/tmp"  # noqa: S108 - inside the sandbox, where /tmp is private
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: str = ""
    limits: Limits = PHASE_LIMITS


@dataclass(frozen=True, slots=True)
class FileEvent:
    """What was done to one file or folder, by its absolute path inside; `at` is the first time."""

    path: str
    read: bool = False
    write: bool = False
    delete: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class SocketEvent:
    """An address the program connected to or, where `listening`, took connections at."""

    address: str
    port: int
    hostnames: tuple[str, ...] = ()
    """Names that the sink had answered with this address."""
    listening: bool = False
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class CommandEvent:
    """A program that was started, the phase's own not counted."""

    argv: tuple[str, ...]
    path: str = ""
    """The file that was started, as an absolute path inside; empty where it is not there, and so was not started."""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class DnsEvent:
    """A name that was asked for, and as what: A, AAAA, TXT and so on."""

    hostname: str
    types: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class HttpEvent:
    """A request the sink took. `host` is the Host header's; `sni` the name in the TLS greeting, empty without TLS."""

    method: str
    scheme: str
    host: str
    port: int
    path: str = ""
    sni: str = ""
    body_bytes: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class DecoyEvent:
    """A decoy credential file that was opened for reading, changed or removed."""

    name: str
    path: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class LeakEvent:
    """A decoy's value that left: in which decoy or variable it stood, how it travelled and to whom."""

    name: str
    channel: str
    """`dns`, `http`, `tls`, `tcp`, `udp` (or UDP-Lite), or `ip` for every other protocol."""
    target: str
    """Host name or address."""
    encoding: str
    """`plain`, `base64`, `hex`, `base32` or `reversed`; with `, in parts` where no message held it whole."""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """What one phase did. Nothing is claimed unless `complete`: the observer lived to the end and saw all of it."""

    name: str
    started: float
    """Seconds since the first phase began."""
    duration: float
    ending: str
    returncode: int | None
    complete: bool
    problems: tuple[str, ...] = ()
    """Why it is not complete, in plain sentences."""
    files: tuple[FileEvent, ...] = ()
    sockets: tuple[SocketEvent, ...] = ()
    commands: tuple[CommandEvent, ...] = ()
    dns: tuple[DnsEvent, ...] = ()
    http: tuple[HttpEvent, ...] = ()
    decoys: tuple[DecoyEvent, ...] = ()
    leaks: tuple[LeakEvent, ...] = ()
    processes: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False
    truncated: bool = False
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What the phases did, in the order they ran."""

    phases: tuple[PhaseRecord, ...] = ()
    observer: str = ""
    """The observer and its version: `strace 6.1`."""
