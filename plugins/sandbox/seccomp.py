"""A filter of system calls, for what no namespace or uid takes away: new user namespaces, keyrings, watching others.

In a user namespace of its own a program has every privilege again, as far as that namespace goes: it mounts a /tmp
without our limit and reaches parts of the kernel that are meant for root. bubblewrap can forbid them itself only where
it made one, which as root it did not. Keyrings belong to no namespace: a session's keys would be readable inside.
Nor do all sockets: those to the machine this one may be a guest of (vsock) pass every network namespace unseen.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

from plugins.sandbox.contract import SandboxUnavailable

NEW_USER_NAMESPACE = 0x1000_0000
"""CLONE_NEWUSER, from linux/sched.h."""
UNTRACED = 0x0080_0000
"""CLONE_UNTRACED, ditto: a child that whoever watches its parent would not see."""
DENIED = (
    "unshare", "setns", "add_key", "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup",
    "ptrace", "process_vm_readv", "process_vm_writev",
)  # fmt: skip
FAMILIES = (1, 2, 10, 16)
"""The sockets that may be made: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, which network namespaces keep apart."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`; of the argument its lower half, all of these machines being little-endian."""
_ALLOW, _REFUSE = 0x7FFF_0000, 0x0005_0000
_X32 = 0x4000_0000
"""From this number on: the calls of x86's 32-bit pointers, which would go round the list."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's name in audit records, and the numbers of its calls: `DENIED` in order, clone, socket, clone3."""

    audit: int
    denied: tuple[int, ...]
    clone: int
    socket: int
    clone3: int = 435


_GENERIC = (97, 268, 217, 218, 219, 280, 241, 282, 425, 117, 270, 271)
MACHINES = {
    "x86_64": Machine(0xC000_003E, (272, 308, 248, 249, 250, 321, 298, 323, 425, 101, 310, 311), clone=56, socket=41),
    "aarch64": Machine(0xC000_00B7, _GENERIC, clone=220, socket=198),
    "riscv64": Machine(0xC000_00F3, _GENERIC, clone=220, socket=198),
}


def program(machine: str | None = None) -> bytes:
    """The filter for this machine, as bubblewrap reads it. SandboxUnavailable where its numbers are not known."""
    name = machine or platform.machine()
    if name not in MACHINES:
        raise SandboxUnavailable(f"The sandbox knows no filter for {name}: run Plugwarden on {', '.join(MACHINES)}.")
    known = MACHINES[name]
    refuse = _step(_RETURN, _REFUSE | errno.EPERM)
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, known.audit, skip_if=1), refuse, _step(_LOAD, _NUMBER)]
    steps += [_step(_AT_LEAST, _X32, skip_unless=1), refuse]
    for number in known.denied:
        steps += [_step(_EQUAL, number, skip_unless=1), refuse]
    steps += _sockets(known.socket)
    # its flags lie in memory, where no filter looks; told that it is missing, libraries take clone
    steps += [_step(_EQUAL, known.clone3, skip_unless=1), _step(_RETURN, _REFUSE | errno.ENOSYS)]
    steps += [_step(_EQUAL, known.clone, skip_unless=3), _step(_LOAD, _FIRST_ARGUMENT)]
    steps += [_step(_ANY_BIT, NEW_USER_NAMESPACE | UNTRACED, skip_unless=1), refuse]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _sockets(number: int) -> list[bytes]:
    """Let only sockets of FAMILIES be made; any other call goes on behind these steps."""
    last = len(FAMILIES)
    known = [_step(_EQUAL, family, skip_if=last - place) for place, family in enumerate(FAMILIES)]
    body = [_step(_LOAD, _FIRST_ARGUMENT), *known, _step(_RETURN, _REFUSE | errno.EAFNOSUPPORT), _step(_RETURN, _ALLOW)]
    return [_step(_EQUAL, number, skip_unless=len(body)), *body]


def _step(code: int, value: int, *, skip_if: int = 0, skip_unless: int = 0) -> bytes:
    """One instruction (`struct sock_filter`), and how many to skip where its test holds or does not."""
    return struct.pack("=HBBI", code, skip_if, skip_unless, value)
