"""API tokens as text: how one is made, told from anything else, and looked up.

`plugwarden_` + 43 characters by chance (256 bits) + 6 of a CRC-32 over all before, in base 62. Prefix and checksum let
a secret scanner find a leaked token and be sure that it is one; the expression is `PATTERN`. Only the SHA-256 is
stored: what is drawn from 2^256 cannot be guessed from it, so that no slow hash is needed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from enum import StrEnum

from governance.roles import Role

PREFIX = "plugwarden_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHANCE, CHECKSUM = 43, 6
"""Characters of each part: 62^43 is more than 2^256, 62^6 more than 2^32."""
PATTERN = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{CHANCE + CHECKSUM}}}", re.ASCII)
LONGEST_DAYS = 366
"""The most days a token may hold."""


class Scope(StrEnum):
    """What a token is good for; one token may have several."""

    ADMISSION_READ = "admission:read"
    ADMISSION_ACKNOWLEDGE = "admission:acknowledge"


SCOPE_ROLES: dict[Scope, frozenset[Role]] = {
    Scope.ADMISSION_READ: frozenset({Role.PLATFORM}),
    Scope.ADMISSION_ACKNOWLEDGE: frozenset({Role.PLATFORM}),
}
"""Whose tokens may have a scope. Asked again on every use: with the role the token's rights end."""


def mint() -> str:
    """A new token."""
    start = PREFIX + "".join(secrets.choice(ALPHABET) for _place in range(CHANCE))
    return start + checksum(start)


def checksum(start: str) -> str:
    """The last characters of a token, from all before them."""
    number, digits = zlib.crc32(start.encode("ascii")), ""
    for _place in range(CHECKSUM):
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits


def well_formed(text: str) -> bool:
    """Whether a text can be a token at all: what is mistyped or cut off is known without asking the database."""
    return bool(PATTERN.fullmatch(text)) and text.endswith(checksum(text[:-CHECKSUM]))


def fingerprint(token: str) -> str:
    """What is stored of a token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()
