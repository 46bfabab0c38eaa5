"""Start the sink."""

from __future__ import annotations

import json
import socket
import sys
import threading
from pathlib import Path

from plugins.sandbox.watch.sink.dns import Dns, Names, resolver
from plugins.sandbox.watch.sink.record import Record
from plugins.sandbox.watch.sink.tcp import PORTS, Tcp, listening
from plugins.sandbox.watch.sink.tls import Certificates


def main() -> None:
    """Serve until standard input ends."""
    given = json.loads(sys.stdin.readline())
    record = Record(given["tokens"])
    dns, tcp = Dns(record, Names()), Tcp(record, Certificates(Path(given["ca"])))
    resolvers, servers = [], []
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            resolvers.append(resolver(family))
            servers += [listening(family, port) for port in PORTS]
        except OSError:
            if family == socket.AF_INET:  # a kernel without IPv6 sends nothing there either
                raise
    for server in resolvers:
        threading.Thread(target=dns.serve, args=(server,), daemon=True).start()
    threading.Thread(target=tcp.serve, args=(servers,), daemon=True).start()
    record.add("ready")
    sys.stdin.read()
    record.add("end")


if __name__ == "__main__":
    main()
