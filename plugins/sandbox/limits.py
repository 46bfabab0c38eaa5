"""What a sandboxed program may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Hard limits; every one is enforced by the kernel or by killing the whole sandbox."""

    wall_seconds: float = 120.0
    cpu_seconds: int = 120
    memory_bytes: int = 4096 * MIB
    """Address space of each process; engines written in Go or Rust reserve far more than they touch."""
    processes: int = 64
    file_bytes: int = 256 * MIB
    """Largest file it may write."""
    open_files: int = 1024
    output_bytes: int = 64 * MIB
    """What is kept of stdout and of stderr each; more ends the program."""
    tmp_bytes: int = 512 * MIB
    """Size of its private /tmp and home together."""
