"""The greeting that a TLS client begins with."""

from __future__ import annotations

import struct

HANDSHAKE = b"\x16\x03"


def server_name(hello: bytes) -> str:
    """The name in a TLS greeting, "" where it has none. Source: RFC 8446 section 4.1.2, RFC 6066 section 3.

    Raises IndexError or struct.error for what is cut off.
    """
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(hello)):
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == 0:
            return hello[at + 9 : at + 4 + size].decode("ascii", "backslashreplace")[:253].lower()
        at += 4 + size
    return ""
