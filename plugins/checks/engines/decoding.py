"""Bytes of a code file to text: UTF-8 as a rule, UTF-16 by its mark, the old one-byte encodings as a last resort."""

from __future__ import annotations

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_SAFE = frozenset(
    {"latin-1", "iso8859-1", "cp1252", "iso8859-15", "cp1251", "koi8-r", "shift_jis", "euc-jp", "gbk", "big5"}
)
_PLAIN = frozenset({"utf-8", "utf-8-sig", "ascii"})


class Undecodable(Exception):
    """The bytes are no text."""


def decode(data: bytes) -> tuple[str, str]:
    """Text without its mark, and the name of the encoding. Raises Undecodable for binary data."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding), encoding
    if b"\0" in data:
        raise Undecodable("the file holds NUL bytes")
    _refuse_disguise(data)
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return _legacy(data)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise Undecodable(f"the file is marked as {encoding} and is not") from problem


def _refuse_disguise(data: bytes) -> None:
    """Refuse a coding line (PEP 263) under which Python reads other code than stands there: UTF-7, escapes."""
    for line in data.splitlines()[:2]:
        if match := _COOKIE.match(line):
            try:
                name = codecs.lookup(match[1].decode()).name
            except LookupError:
                return  # Python refuses the file
            if name not in _SAFE | _PLAIN:
                raise Undecodable(f"the file states the encoding {name}, in which it may read otherwise")


def _legacy(data: bytes) -> tuple[str, str]:
    """By the coding line of PEP 263 where it names a harmless codec, else Latin-1, which never fails."""
    for line in data.splitlines()[:2]:
        if match := _COOKIE.match(line):
            name = match[1].decode()
            try:
                if codecs.lookup(name).name in _SAFE:
                    return data.decode(name), name
            except (LookupError, UnicodeDecodeError):
                break
    return data.decode("latin-1"), "latin-1"
