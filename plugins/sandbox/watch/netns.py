"""Make a network namespace in which every address is this machine, then become the program that answers there.

Run inside `unshare --net`, with the rights over it: bring loopback up, send every address there (a `local` route for
everything), let ordinary users take low ports. Source: rtnetlink(7), ip-sysctl. No `ip` program is needed.
"""

import contextlib
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NEW_ROUTE, FLAGS = 24, 0x0401 | 0x0100 | 0x0004
"""RTM_NEWROUTE; NLM_F_REQUEST, NLM_F_CREATE, NLM_F_ACK."""
TABLE_LOCAL, PROTO_STATIC, SCOPE_HOST, TYPE_LOCAL, OUT_INTERFACE = 255, 4, 254, 2, 4
LOW_PORTS = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


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


def main() -> None:
    """Set the namespace up and run the command line given."""
    loopback_up()
    everything_is_here(socket.AF_INET)
    with contextlib.suppress(OSError):  # a kernel without IPv6 sends nothing there either
        everything_is_here(socket.AF_INET6)
    with contextlib.suppress(OSError):
        LOW_PORTS.write_text("0")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - it becomes bubblewrap, no shell wanted


if __name__ == "__main__":
    main()
