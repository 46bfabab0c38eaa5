"""Reads every packet that is no TCP, whether or not anybody takes it.

Source: RFC 791, RFC 8200, RFC 768, RFC 3828, RFC 792, RFC 4443, packet(7).
"""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.sandbox.watch.sink.dns import unanswered

if TYPE_CHECKING:
    import socket

    from plugins.sandbox.watch.sink.record import Record

LARGEST = 1 << 18
"""Bytes of a packet that are taken: what is sent in segments may come as one, and what is longer is told."""
OUTGOING = 4
"""PACKET_OUTGOING: on loopback each packet is shown on its way out and on its way in; the latter is taken."""
DNS = 53
UDP, UDP_LITE, FRAGMENT = 17, 136, 44
KERNELS = {1: frozenset({0, 3, 11, 12}), 58: frozenset({1, 2, 3, 4, 129})}
"""Of ICMP and ICMPv6 the answers and errors, which quote what was sent: nobody inside may make them."""
_VERSION_4, _HEADER_6, _HEADER_UDP = 4, 40, 8
_OFFSET = 0x1FFF
"""The part of a word in IPv4's header that says where in the whole a fragment belongs."""
_SOL_PACKET, _STATISTICS, _TRUNCATED = 263, 6, 0x20
"""From linux/socket.h and linux/if_packet.h."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What a packet carries. The ports are 0 where there are none: another protocol, or a piece of something larger."""

    protocol: int
    address: str
    """Where it is sent to."""
    source: int
    port: int
    said: bytes
    """All behind the headers of IP and UDP; the headers of other protocols are part of it."""


def read(packet: bytes) -> Packet:
    """Take a packet of IPv4 or IPv6 apart; what IPv6 puts between counts as another protocol, and IPv4's pieces too."""
    if packet[0] >> 4 == _VERSION_4:
        protocol, address, at = packet[9], packet[16:20], (packet[0] & 0xF) * 4
        if int.from_bytes(packet[6:8]) & _OFFSET:
            protocol = FRAGMENT
    else:
        protocol, address, at = packet[6], packet[24:40], _HEADER_6
    source = port = 0
    if protocol in {UDP, UDP_LITE}:
        source, port = struct.unpack_from("!HH", packet, at)
        at += _HEADER_UDP
    return Packet(protocol, str(ipaddress.ip_address(address)), source, port, packet[at:])


class Packets:
    """The listener for everything but TCP at one place."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def serve(self, packets: socket.socket) -> None:
        """Take the packet that waits. The resolver's answers are passed over, as is what it reads of a query itself."""
        packet, _ancillary, flags, (_name, _ethertype, direction, *_rest) = packets.recvmsg(LARGEST)
        if direction == OUTGOING:
            return
        _seen, dropped = struct.unpack("II", packets.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        if dropped or flags & _TRUNCATED:
            self._record.add("full")
        found = read(packet)
        said = found.said
        if found.protocol in KERNELS and said[0] in KERNELS[found.protocol]:
            return
        if found.protocol == UDP and found.source == DNS:  # nobody else can send from the port that the resolver holds
            return
        if found.protocol == UDP and found.port == DNS and not (said := unanswered(said)):
            return
        channel = "udp" if found.protocol in {UDP, UDP_LITE} else "ip"
        self._record.add(channel, address=found.address, port=found.port, bytes=len(said))
        self._record.search(said, channel, found.address)
