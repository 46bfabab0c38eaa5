"""Make network namespaces in which every address is this machine, then become the program that answers in all of them.

Run with the rights over the network: `netns.py CONTROL PLACES PORTS FIRST COMMAND...`. For each of PLACES namespaces it
brings loopback up, sends every address there (a `local` route for everything), lets ordinary users take low ports and
opens the sockets of the sink: for each family one that takes queries at UDP port 53 and one for each of PORTS (with
commas), and one that overhears all packets but those of TCP. They are handed on to COMMAND as descriptors from FIRST
on; CONTROL, a socket, is told their numbers in JSON, `[[queries, connections, overheard], ...]`, and gets the
namespaces' own descriptors. Source: rtnetlink(7), packet(7), bpf(4), ip-sysctl. No `ip` program is needed.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import socket
import struct
import sys
from pathlib import Path

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NEW_ROUTE, FLAGS = 24, 0x0401 | 0x0100 | 0x0004
"""RTM_NEWROUTE; NLM_F_REQUEST, NLM_F_CREATE, NLM_F_ACK."""
TABLE_LOCAL, PROTO_STATIC, SCOPE_HOST, TYPE_LOCAL, OUT_INTERFACE = 255, 4, 254, 2, 4
LOW_PORTS = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
NEW_NET = 0x40000000
"""CLONE_NEWNET, from linux/sched.h."""
DNS, WAITING = 53, 64
IP_PKTINFO = 8
"""From linux/in.h; Python's socket module does not have it before 3.12."""
ATTACH_FILTER, EVERYTHING = 26, 0x0003
"""SO_ATTACH_FILTER from asm-generic/socket.h, ETH_P_ALL from linux/if_ether.h."""
OVERHEARD_BYTES = 8 * 1024 * 1024
"""What may wait to be looked at; the kernel counts what it drops beyond that."""
NO_TCP = (
    (0x30, 0, 0, 0),  # first byte of the network header
    (0x54, 0, 0, 0xF0),  # its upper half is the version
    (0x15, 0, 2, 0x40),  # IPv4, else two further on
    (0x30, 0, 0, 9),  # its protocol
    (0x05, 0, 0, 2),
    (0x15, 0, 3, 0x60),  # IPv6, else drop: without packet sockets nobody inside sends it
    (0x30, 0, 0, 6),  # its next header
    (0x15, 1, 0, 6),  # TCP is taken elsewhere, at its other end
    (0x06, 0, 0, 0xFFFF_FFFF),  # take all of it
    (0x06, 0, 0, 0),  # drop
)
"""No list of what is heard: UDP-Lite, or UDP behind a routing header of IPv6, carries as much and needs no rights."""


def new_namespace() -> None:
    """Move this process into a network namespace of its own; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def loopback_up() -> None:
    """Bring the interface `lo` up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def everything_is_here(family: int) -> None:
    """Route every address of a family to this machine itself; raises OSError."""
    route = struct.pack("=BBBBBBBBI", family, 0, 0, 0, TABLE_LOCAL, PROTO_STATIC, SCOPE_HOST, TYPE_LOCAL, 0)
    body = route + struct.pack("=HHi", 8, OUT_INTERFACE, socket.if_nametoindex("lo"))
    message = struct.pack("=IHHII", 16 + len(body), NEW_ROUTE, FLAGS, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.bind((0, 0))
        netlink.send(message)
        (error,) = struct.unpack_from("=i", netlink.recv(4096), 16)
    if error:
        raise OSError(-error, os.strerror(-error))


def resolver(family: int) -> socket.socket:
    """A socket that takes queries to any address, and says to which."""
    server = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    server.bind(("", DNS))
    return server


def listening(family: int, port: int) -> socket.socket:
    """A socket that takes connections to any address."""
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("", port))
    server.listen(WAITING)
    return server


def overhearing() -> socket.socket:
    """A socket that gets every packet sent in this namespace but TCP's, to whatever port, with its network header."""
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in NO_TCP))
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # hears nothing before it is bound
    packets.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HP", len(NO_TCP), ctypes.addressof(program)))
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, OVERHEARD_BYTES)
    packets.bind(("lo", EVERYTHING))
    return packets


def place(ports: list[int]) -> tuple[list[socket.socket], ...]:
    """Make a namespace and stay in it; gives its sockets for queries, connections, packets. Raises OSError."""
    new_namespace()
    loopback_up()
    everything_is_here(socket.AF_INET)
    with contextlib.suppress(OSError):
        LOW_PORTS.write_text("0")
    queries, connections = [resolver(socket.AF_INET)], [listening(socket.AF_INET, port) for port in ports]
    with contextlib.suppress(OSError):  # a kernel without IPv6 sends nothing there either
        everything_is_here(socket.AF_INET6)
        queries.append(resolver(socket.AF_INET6))
        connections += [listening(socket.AF_INET6, port) for port in ports]
    return queries, connections, [overhearing()]


def main() -> None:
    """Set the namespaces up, tell of them and run the command line given."""
    control, places, first = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[4])
    ports = [int(port) for port in sys.argv[3].split(",")]
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    namespaces, told, at = [], [], first
    for _ in range(places):
        numbers: list[list[int]] = []
        for sockets in place(ports):
            numbers.append([])
            for one in sockets:
                os.dup2(one.fileno(), at, inheritable=True)
                one.close()
                numbers[-1].append(at)
                at += 1
        told.append(numbers)
        namespaces.append(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
    new_namespace()  # the sink itself has no network but the sockets it is given
    with socket.socket(fileno=control) as channel:
        socket.send_fds(channel, [json.dumps(told).encode()], namespaces)
    os.execv(sys.argv[5], sys.argv[5:])  # noqa: S606 - it becomes bubblewrap, no shell wanted


if __name__ == "__main__":
    main()
