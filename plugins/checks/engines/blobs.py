"""Text that was encoded into a file: base64, hex, percent signs, escapes, gzip. Bounded in number, size and depth.

Nothing is executed and nothing unpacked to disk; what does not decode to text, as pictures do not, is passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from plugins.checks.engines.names_common import unescape

DEPTH = 2
"""A text in base64 in base64 is read; one level more is not."""
BLOBS_A_FILE = 2_000
BLOB_BYTES = 1024 * 1024
"""Longest encoded piece that is read, and the most that is unpacked of one."""
DECODED_A_FILE = 4 * 1024 * 1024
SHORTEST = 24
"""Encoded characters from which on a piece is looked at."""
SHORTEST_TEXT = 12
_PROBE = 96
_PRINTABLE = 0.9
_WRAPPED = range(56, 129)
"""Lengths of the lines that mailers and key tools fold base64 into."""
_MASK = bytes(
    0x61 if chr(code).isascii() and (chr(code).isalnum() or chr(code) in "+/_-") else 0x20 for code in range(256)
)
_ODD = bytes(code for code in range(256) if code not in (9, 10, 13) and not 32 <= code < 127)  # noqa: PLR2004 - ASCII
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){16,}")
_FOLD = re.compile(rb"\r?\n[ \t]*")
_MARK = re.compile(rb"%[0-9A-Fa-f]{2}|\\(?:x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2})")
_ENDS = re.compile(rb"[\s\"'`<>,;(){}]")
_SPAN = 8192
"""Characters looked at on either side of a percent sign or escape for the ends of what it stands in."""
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ARMOUR, _HEAD = b"PRIVATE KEY-----", 48
_GZIP = b"\x1f\x8b"
_KEY = re.compile(
    rb"\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01(?:\x00\x30|\x00\x02\x82|\x00\x02\x81|\x01\x04[\x20\x30\x42])", re.DOTALL
)
"""Start of an unencrypted private key in DER: PKCS #8, PKCS #1 or SEC 1."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text taken out of its encoding. `how` names the encodings, outermost first."""

    text: str
    line: int
    how: str


@dataclass(slots=True)
class Budget:
    """What may still be read of one file; `beyond` counts what was not."""

    blobs: int = BLOBS_A_FILE
    decoded: int = DECODED_A_FILE
    beyond: int = 0

    def take(self, size: int) -> bool:
        """Whether one more piece of this size may be read."""
        if self.blobs <= 0 or size > self.decoded:
            self.beyond += 1
            return False
        self.blobs -= 1
        self.decoded -= size
        return True


def pieces(data: bytes, budget: Budget) -> list[Piece]:
    """All texts encoded in a file, with the line of the file each stands on."""
    found: list[Piece] = []
    last, line = 0, 1
    for at, decoded, how in sorted(_encoded(data, budget), key=lambda hit: hit[0]):
        line += data.count(b"\n", last, at)
        last = at
        found += _texts(decoded, line, how, 1, budget)
    return found


def unpacked(data: bytes) -> bytes | None:
    """The start of what a gzip or zlib stream holds, or None where it is none."""
    if data[:2] == _GZIP:
        wbits = 31
    elif data[:2] in _ZLIB:
        wbits = 15
    else:
        return None
    try:
        return zlib.decompressobj(wbits).decompress(data, BLOB_BYTES)
    except zlib.error:
        return None


def is_private_key(data: bytes) -> bool:
    """Whether bytes are an unencrypted private key in DER."""
    return _KEY.match(data) is not None


def _texts(data: bytes, line: int, how: str, depth: int, budget: Budget) -> list[Piece]:
    """What decoded bytes say as text, and what is encoded in that text."""
    if is_private_key(data):
        body = base64.encodebytes(data).decode()
        return [Piece(f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----", line, how)]
    inner = unpacked(data)
    if inner is not None:
        data, how = inner, f"{how} in gzip" if data[:2] == _GZIP else f"{how} in zlib"
    text = _as_text(data)
    if text is None or len(text) < SHORTEST_TEXT:
        return []
    found = [Piece(text, line, how)]
    if depth < DEPTH:
        for _, decoded, more in _encoded(text.encode(), budget):
            found += _texts(decoded, line, f"{how} in {more}", depth + 1, budget)
    return found


def _as_text(data: bytes) -> str | None:
    """Bytes as text, where nearly all of them are; PowerShell's base64 holds UTF-16."""
    half = data[1:400:2]
    if len(data) > SHORTEST and half and half.count(0) > _PRINTABLE * len(half):
        data = data[::2]
    head = data[:4096]
    if not head or len(head.translate(None, _ODD)) < _PRINTABLE * len(head):
        return None
    return data.decode("utf-8", "replace")


def _encoded(data: bytes, budget: Budget) -> list[tuple[int, bytes, str]]:
    """(offset, decoded bytes, name of the encoding) of every piece that decodes to something readable."""
    return [*_runs(data, budget), *_marked(data, budget)]


def _runs(data: bytes, budget: Budget) -> list[tuple[int, bytes, str]]:
    """Runs of characters of base64 and hex. The mask is searched, which costs no step of Python a character."""
    found = []
    mask = data.translate(_MASK)
    run, end = b"a" * SHORTEST, 0
    while (start := mask.find(run, end)) >= 0:
        end = mask.find(b" ", start)
        end = len(mask) if end < 0 else end
        body, end = _unfolded(data, mask, start, end)
        decoded = _decoded(body)
        if decoded is None or (is_private_key(decoded[0][:64]) and _ARMOUR in data[max(0, start - _HEAD) : start]):
            continue  # a key in PEM is plain to see
        if len(body) > BLOB_BYTES:
            budget.beyond += 1
        elif budget.take(len(decoded[0])):
            found.append((start, *decoded))
    return found


def _unfolded(data: bytes, mask: bytes, start: int, end: int) -> tuple[bytes, int]:
    """A run together with the runs on the lines below it, if it looks folded."""
    first = end - start
    parts = [data[start:end]]
    size = first
    while first in _WRAPPED and len(parts[-1]) == first and size <= BLOB_BYTES and (gap := _FOLD.match(data, end)):
        begin = gap.end()
        stop = mask.find(b" ", begin)
        stop = len(mask) if stop < 0 else stop
        if stop == begin or stop - begin > first:
            break
        parts.append(data[begin:stop])
        size, end = size + stop - begin, stop
    return b"".join(parts), end


def _decoded(body: bytes) -> tuple[bytes, str] | None:
    """Bytes that hex or base64 stands for, where their beginning is text, packed or a key."""
    if _HEX.fullmatch(body):
        whole = bytes.fromhex(body.decode())
        return (whole, "hex") if _worth(whole[:_PROBE]) else None
    plain = body.translate(bytes.maketrans(b"-_", b"+/"))
    if not _worth(_base64(plain[:_PROBE])):
        return None
    return _base64(plain), "base64"


def _base64(body: bytes) -> bytes:
    try:
        return binascii.a2b_base64(body[: len(body) // 4 * 4] + _rest(body))
    except binascii.Error:
        return b""


def _rest(body: bytes) -> bytes:
    """The last characters of unpadded base64, padded."""
    over = len(body) % 4
    return body[-over:] + b"=" * (4 - over) if over > 1 else b""


def _worth(head: bytes) -> bool:
    if head[:2] == _GZIP or head[:2] in _ZLIB or is_private_key(head):
        return True
    return _as_text(head) is not None


def _marked(data: bytes, budget: Budget) -> list[tuple[int, bytes, str]]:
    """Words in which percent signs or escapes stand for plain characters."""
    found = []
    done = 0
    for mark in _MARK.finditer(data):
        if mark.start() < done:
            continue
        floor = max(done, mark.start() - _SPAN)
        begin = floor
        for stop in _ENDS.finditer(data, floor, mark.start()):
            begin = stop.end()
        stop_at = _ENDS.search(data, mark.end(), mark.end() + _SPAN)
        done = stop_at.start() if stop_at else min(len(data), mark.end() + _SPAN)
        word = data[begin:done]
        percent = mark[0][:1] == b"%"
        decoded = unquote_to_bytes(word) if percent else unescape(word.decode("latin-1")).encode("utf-8", "replace")
        if decoded != word and len(decoded) >= SHORTEST_TEXT and _worth(decoded[:_PROBE]) and budget.take(len(decoded)):
            found.append((begin, decoded, "percent signs" if percent else "escapes"))
    return found
