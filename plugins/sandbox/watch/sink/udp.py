"""Reads every datagram that is sent, whether or not anybody takes it. Source: RFC 791, RFC 8200, RFC 768, packet(7)."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from plugins.sandbox.watch.sink.record import Record

LARGEST = 1 << 16
OUTGOING = 4
"""PACKET_OUTGOING: on loopback each packet is shown on its way out and on its way in; the latter is taken."""
DNS = 53
_VERSION_4, _HEADER_4, _HEADER_6, _HEADER_UDP = 4, 20, 40, 8
_SOL_PACKET, _STATISTICS = 263, 6
"""From linux/socket.h and linux/if_packet.h."""


def datagram(packet: bytes) -> tuple[str, int, int, bytes]:
    """Address and port it is sent to, port it comes from, what it says; raises ValueError for what is no datagram."""
    if len(packet) < _HEADER_4 + _HEADER_UDP:
        raise ValueError("too short")
    if packet[0] >> 4 == _VERSION_4:
        at, address = (packet[0] & 0xF) * 4, packet[16:20]
    else:
        at, address = _HEADER_6, packet[24:40]
    if len(packet) < at + _HEADER_UDP:
        raise ValueError("too short")
    source, target = struct.unpack_from("!HH", packet, at)
    return str(ipaddress.ip_address(address)), target, source, packet[at + _HEADER_UDP :]


class Udp:
    """The listener for datagrams of one place."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def serve(self, packets: socket.socket) -> None:
        """Take the datagram that waits. Questions for names and their answers are the resolver's."""
        packet, (_name, _protocol, direction, *_rest) = packets.recvfrom(LARGEST)
        if direction == OUTGOING:
            return
        _seen, dropped = struct.unpack("II", packets.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        if dropped:
            self._record.add("full")
        try:
            address, port, source, said = datagram(packet)
        except ValueError:
            return
        if DNS not in {port, source}:  # nobody else can send from the port that the resolver holds
            self._record.add("udp", address=address, port=port, bytes=len(said))
            self._record.search(said, "udp", address)
