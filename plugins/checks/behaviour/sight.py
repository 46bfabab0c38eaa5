"""What of a record is the plugin's doing, and not the interpreter's, the driver's or ours."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from governance.vocabulary import Capability
from plugins.capabilities import is_loopback, normal_host
from plugins.sandbox.command import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.sandbox.watch import FileEvent, PhaseRecord, SocketEvent

CANARY_DOMAIN = "plugwarden-canary.example"
"""Hosts in the values we configure a plugin with (drivers/node/values.cjs, drivers/python/values.py)."""
SYSTEM = (
    "/usr/", "/lib", "/bin/", "/sbin/", "/etc/", "/proc/", "/dev/", "/sys/", "/opt/", "/var/lib/", "/run/",
    "/tmp/install",  # noqa: S108 - inside the sandbox
)  # fmt: skip
CACHES = (f"{HOME}/.npm/", f"{HOME}/.cache/", f"{HOME}/.node-gyp/", f"{HOME}/.local/share/", "/dev/", "/proc/")
"""Where package managers keep their own things."""
WEB_PORTS = frozenset({80, 443})
DATABASE_PORTS = frozenset({1433, 1521, 3306, 5432, 6379, 9042, 9200, 11211, 27017})
MAIL_PORTS = frozenset({25, 465, 587})
SINK_NETWORK = ipaddress.ip_network("198.18.0.0/16")
METADATA = frozenset(
    {"169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "metadata.google.internal"}
)
"""Where cloud machines ask for their own credentials."""
NATIVE = (".node", ".so", ".dylib", ".dll", ".pyd")


def hosts(record: PhaseRecord) -> dict[str, float]:
    """Every host the plugin asked for or connected to, with its port unless it is the web's, and when first.

    What we told it to use, this machine itself and the addresses the sink made up are left out.
    """
    found: dict[str, float] = {}
    named = [(event.hostname, 0, event.at) for event in record.dns]
    named += [(event.sni, event.port, event.at) for event in record.http if event.sni]
    for socket in record.sockets:
        if not socket.listening:
            named += [(name, socket.port, socket.at) for name in socket.hostnames or (socket.address,)]
    with_port = {normal_host(name) for name, port, _ in named if port and port not in WEB_PORTS}
    for name, port, at in named:
        host = normal_host(name)
        if not _foreign(host) or (not port and host in with_port):
            continue
        shown = f"{host}:{port}" if port and port not in WEB_PORTS else host
        found[shown] = min(at, found.get(shown, at))
    return found


def _foreign(host: str) -> bool:
    if not host or is_loopback(host) or CANARY_DOMAIN in host:  # also where a plugin glued something to it
        return False
    try:
        return ipaddress.ip_address(host) not in SINK_NETWORK
    except ValueError:
        return True


def asks_registry(record: PhaseRecord) -> bool:
    """Whether a package manager went to fetch something."""
    return any(event.hostname.startswith("packages.") and CANARY_DOMAIN in event.hostname for event in record.dns)


def read_files(record: PhaseRecord, own: tuple[str, ...]) -> list[FileEvent]:
    """Files and folders read that belong neither to the system nor to the package, what runs it or an installer."""
    foreign = (*SYSTEM, *CACHES, *_below(own))
    return [file for file in record.files if file.read and not f"{file.path}/".startswith(foreign)]


def written_files(record: PhaseRecord) -> list[FileEvent]:
    """Files and folders made, changed or removed outside of the package's own copy and the caches of installers."""
    return [
        file
        for file in record.files
        if (file.write or file.delete) and not f"{file.path}/".startswith(("/tmp/install/", *CACHES))  # noqa: S108 - inside
    ]


def native_files(record: PhaseRecord) -> list[FileEvent]:
    """Machine code of the package that was loaded."""
    return [
        file
        for file in record.files
        if file.read and file.path.endswith(NATIVE) and file.path.startswith(("/tmp/install", "/opt/package"))  # noqa: S108 - inside
    ]


def _below(own: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{path.rstrip('/')}/" for path in own)


def capabilities(record: PhaseRecord, own: tuple[str, ...]) -> Iterator[tuple[Capability, str]]:
    """What the phase shows the plugin to do, each with one example."""
    ports = {socket.port for socket in record.sockets if not socket.listening}
    out, written, read = hosts(record), written_files(record), read_files(record, own)
    removed = [file.path for file in written if file.delete]
    changed = [file.path for file in written if file.write]
    listening = [f"{socket.address}:{socket.port}" for socket in record.sockets if socket.listening]
    installing = record.name.startswith("install")
    commands = [] if installing else [" ".join(command.argv)[:200] for command in record.commands]
    yield from _first(Capability.PROCESS_INSTALL_HOOK, [record.ending] if installing else [])
    yield from _first(Capability.NETWORK_OUTBOUND, list(out) or [socket.address for socket in _outward(record)])
    yield from _first(Capability.NETWORK_LISTEN, listening)
    yield from _first(Capability.FILESYSTEM_READ, [file.path for file in read])
    yield from _first(Capability.FILESYSTEM_WRITE, changed)
    yield from _first(Capability.FILESYSTEM_DELETE, removed)
    yield from _first(Capability.PROCESS_SPAWN, commands)
    yield from _first(Capability.CODE_NATIVE, [file.path for file in native_files(record)])
    yield from _first(Capability.SECRETS_READ, [decoy.name for decoy in record.decoys])
    yield from _first(Capability.DATABASE_ACCESS, [f"port {port}" for port in sorted(ports & DATABASE_PORTS)])
    yield from _first(Capability.MESSAGING_SEND, [f"port {port}" for port in sorted(ports & MAIL_PORTS)])


def _outward(record: PhaseRecord) -> list[SocketEvent]:
    return [socket for socket in record.sockets if not socket.listening and not is_loopback(socket.address)]


def _first(capability: Capability, examples: list[str]) -> Iterator[tuple[Capability, str]]:
    if examples:
        yield capability, examples[0]
