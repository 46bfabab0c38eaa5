"""C2SP signed notes: a text and the signatures under it.

Source: c2sp.org/signed-note. A note is UTF-8 without control characters but LF: a text that ends in LF, a blank line,
and lines of an em dash, a key's name, and base64 of the key's 4-byte id and a signature over the text. Signatures of
unknown keys are passed over; one of a known key that fails spoils the note.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .envelope import decode_base64, holds
from .errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

ED25519_TYPE = 0x01
"""The byte that names the kind of signature in a key's id."""
ID_SIZE = 4
MOST_SIGNATURES = 100
PREFIX = "— "


@dataclass(frozen=True, slots=True)
class NoteKey:
    """An Ed25519 key as notes name it."""

    name: str
    public: bytes
    """The raw public key, 32 bytes."""

    @property
    def keyid(self) -> bytes:
        """The 4 bytes that go before a signature of it."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([ED25519_TYPE]) + self.public).digest()[:ID_SIZE]


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line, decoded and not proven."""

    name: str
    keyid: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart. Nothing in it is proven until `signers` has returned."""

    text: str
    """With its final LF, without the blank line."""
    signatures: tuple[NoteSignature, ...]


def read_note(data: bytes, what: str) -> Note:
    """Take a note apart, proving only its form. Raises ProblemError."""
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{what} is not UTF-8 text") from error
    if any(character < " " and character != "\n" for character in whole):
        raise ProblemError(f"{what} holds control characters")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not text:
        raise ProblemError(f"{what} has no blank line between text and signatures")
    if not lines.endswith("\n"):
        raise ProblemError(f"{what} does not end in a line of its own")
    signed = lines[:-1].split("\n")
    if len(signed) > MOST_SIGNATURES:
        raise ProblemError(f"{what} has {len(signed)} signatures")
    return Note(text + "\n", tuple(_read_line(line, what) for line in signed))


def _read_line(line: str, what: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(PREFIX).partition(" ")
    if not line.startswith(PREFIX) or not is_key_name(name):
        raise ProblemError(f"{what} has a signature line of another form")
    blob = decode_base64(encoded, f"a signature of {what}")
    if len(blob) <= ID_SIZE:
        raise ProblemError(f"{what} has a signature that is too short")
    return NoteSignature(name, blob[:ID_SIZE], blob[ID_SIZE:])


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no Unicode space, no plus."""
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def signers(note: Note, keys: Iterable[NoteKey], what: str) -> tuple[NoteKey, ...]:
    """Give the keys among these whose signatures hold, each once: at least one.

    Raises ProblemError where none signed, or where a signature of one of them does not hold.
    """
    message, known = note.text.encode(), {(key.name, key.keyid): key for key in keys}
    found: list[NoteKey] = []
    for line in note.signatures:
        key = known.get((line.name, line.keyid))
        if key is None:
            continue
        if not holds(key.public, line.signature, message):
            raise ProblemError(f"a signature of {what} does not fit its text: one of the two was altered")
        if key not in found:
            found.append(key)
    if not found:
        raise ProblemError(f"{what} is not signed by a key that is known for it")
    return tuple(found)
