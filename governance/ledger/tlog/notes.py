"""C2SP signed notes (c2sp.org/signed-note) and cosignatures (c2sp.org/tlog-cosignature), with Ed25519 keys.

A note is a text and signature lines; a key is known by its name and four bytes of a hash, together. Unknown keys'
signatures are passed over, a known key's that fails refuses the whole note.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

ED25519, COSIGNATURE = 0x01, 0x04
"""Signature types: a note's author, and a witness with a time stamp."""
DASH = "\u2014 "
MOST_BYTES, MOST_SIGNATURES = 1_000_000, 100
KEY_BYTES, ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 32, 4, 8, 64
LATEST = 2**63 - 1
"""The last second a cosignature may name."""


class NoteError(ValueError):
    """It is no signed note, no key, or no trusted key signed it."""


class NoteSigner(Protocol):
    """Who signs notes: the name and 32 public bytes of an Ed25519 key, and its signature over a message."""

    @property
    def name(self) -> str:
        """The key's name; for a log its origin."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that notes are verified with. Raises NoteError for a name or a key that cannot be one."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != KEY_BYTES or self.kind not in {ED25519, COSIGNATURE}:
            raise NoteError(f"{self.name} has no Ed25519 key of 32 bytes")

    @property
    def id(self) -> bytes:
        """The four bytes it is known by beside its name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text: `name+id+key`, hex and base64."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Read such a text. Raises NoteError."""
        name, _plus, rest = vkey.partition("+")
        identity, plus, key = rest.partition("+")
        data = _unbase64(key, "a verifier key")
        if not plus or len(data) != KEY_BYTES + 1:
            raise NoteError(f"{vkey!r} is no verifier key of Ed25519")
        found = cls(name, data[1:], data[0])
        if found.id.hex() != identity:
            raise NoteError(f"{vkey!r} does not have the id of its key")
        return found

    def accepts(self, text: str, blob: bytes) -> bool:
        """Whether `blob`, a signature without the key id, is this key's over the text of a note."""
        message = text.encode()
        if self.kind == COSIGNATURE:
            if len(blob) != TIME_BYTES + SIGNATURE_BYTES or cosigned_at(blob) > LATEST:
                return False
            message, blob = cosigned_message(text, cosigned_at(blob)), blob[TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a note: the key's name and id, and the signature's bytes."""

    name: str
    id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line, with its end."""
        return f"{DASH}{self.name} {_base64(self.id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note as it is stored and served."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note; nothing is verified yet. Raises NoteError."""
        text, blank, lines = _plain_text(data).rpartition("\n\n")
        if not blank or not text or not lines.endswith("\n"):
            raise NoteError("it is no signed note: text, a blank line and signatures are expected")
        rows = lines[:-1].split("\n")
        if len(rows) > MOST_SIGNATURES:
            raise NoteError(f"it has more than {MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(parse_signature(row) for row in rows))

    def verified(self, keys: Iterable[VerifierKey]) -> tuple[Signature, ...]:
        """The signatures of known keys, at least one, each key once.

        Raises NoteError where a known key's signature fails, or no known key signed.
        """
        known = {(key.name, key.id): key for key in keys}
        good: dict[tuple[str, bytes], Signature] = {}
        for signature in self.signatures:
            who = (signature.name, signature.id)
            if who in known:
                if not known[who].accepts(self.text, signature.blob):
                    raise NoteError(f"the signature of {signature.name} does not fit")
                good.setdefault(who, signature)
        if not good:
            raise NoteError("no key that is known signed it")
        return tuple(good.values())


def parse_signature(line: str) -> Signature:
    """Read a signature line without its end. Raises NoteError."""
    name, _space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH):
        raise NoteError("a line after the text is no signature")
    check_name(name)
    data = _unbase64(encoded, "a signature")
    if len(data) <= ID_BYTES:
        raise NoteError("a signature is too short")
    return Signature(name, data[:ID_BYTES], data[ID_BYTES:])


def sign(text: str, signer: NoteSigner) -> Note:
    """The note of a text, signed. Raises NoteError for a text that no note can have."""
    if not text.endswith("\n") or _plain_text(text.encode()) != text:
        raise NoteError("the text of a note ends in a newline")
    key = VerifierKey(signer.name, signer.public)
    return Note(text, (Signature(key.name, key.id, signer.sign(text.encode())),))


def cosign(text: str, signer: NoteSigner, at: int) -> Signature:
    """A witness's signature over a checkpoint's text, with the second it was made."""
    key = VerifierKey(signer.name, signer.public, COSIGNATURE)
    return Signature(key.name, key.id, at.to_bytes(TIME_BYTES, "big") + signer.sign(cosigned_message(text, at)))


def cosigned_message(text: str, at: int) -> bytes:
    """What a witness signs."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosigned_at(blob: bytes) -> int:
    """The second a cosignature was made, since 1970."""
    return int.from_bytes(blob[:TIME_BYTES], "big")


def check_name(name: str) -> None:
    """Raise NoteError for what is no key name: empty, or with a space, a plus or a control character."""
    if not name or "+" in name or re.search(r"[\s\x00-\x1f]", name):
        raise NoteError(f"{name!r} cannot be the name of a key")


def _plain_text(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise NoteError(f"it is larger than {MOST_BYTES:,} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        raise NoteError("it is not UTF-8") from problem
    if re.search(r"[\x00-\x09\x0b-\x1f]", text):
        raise NoteError("it has control characters")
    return text


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: str, what: str) -> bytes:
    """Decode what has exactly one form. Raises NoteError."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteError(f"{what} is not base64") from problem
    if _base64(data) != text:
        raise NoteError(f"{what} is not base64 in its only form")
    return data
