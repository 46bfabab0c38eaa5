"""What the name resolvers of all languages share: events, constants folded from literals, canonical names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

MAX_DEPTH = 40
"""Nesting followed when a name or constant is resolved; deeper is answered with UNKNOWN."""
UNKNOWN = "\ufffc"
"""Stands for a piece of a string, or a name, that is not known before run time."""
MAX_PIECES = 200
"""Pieces of a concatenation that are folded, counted from its end."""
MAX_CONSTANT = 20_000
"""Characters kept of a folded constant."""

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|([0-7]{1,3})|\r?\n|(.))", re.DOTALL
)
MAX_HOST = 100
RELATIVE = re.compile(rf"(?i)[rbfu]*[\"'`]?{UNKNOWN}?:?(?=//(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,63}}[:/])")
"""Start of an address whose scheme is left to the page or is known at run time only, with or without its quote."""
_HOST = re.compile(r"[\"'`]?[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+[\"'`]?")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}

MAX_CONSTANTS = 2_000
MAX_CONSTANTS_MINIFIED = 500


@dataclass(slots=True)
class Constant:
    """A string constant of the code, with the key or name it is given to and the kind of place it stands in."""

    text: str
    node: SgNode
    key: str = ""


@dataclass(slots=True)
class Facts:
    """What one file was seen to call, import, read and hold as constants; names are canonical."""

    calls: list[tuple[str, SgNode]] = field(default_factory=list)
    imports: list[tuple[str, SgNode]] = field(default_factory=list)
    reads: list[tuple[str, SgNode]] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    errors: list[SgNode] = field(default_factory=list)
    room: int = MAX_CONSTANTS
    """How many more constants are looked at; asking for a node's parent costs as much as it has siblings."""
    beyond: int = 0
    """Constants that were not looked at for that reason."""

    def has_room(self) -> bool:
        """Whether one more constant is to be looked at; counts it either way."""
        self.room -= 1
        self.beyond += self.room < 0
        return self.room >= 0


class Texts(dict[str, str]):
    """Names with the one text each holds; UNKNOWN where one is given several."""

    def __init__(self, known: dict[str, str] | None = None) -> None:
        """`known` come from another file; what this one gives the same name counts instead."""
        super().__init__(known or {})
        self._own: set[str] = set()

    def note(self, name: str, text: str) -> None:
        """The code gives a name this text."""
        if name in self._own and self[name] != text:
            text = UNKNOWN
        self._own.add(name)
        self[name] = text

    def replace(self, name: str, text: str) -> None:
        """The code puts this text in place of what a name held."""
        self[name] = text[:MAX_CONSTANT]


def unescape(text: str) -> str:
    """Resolve backslash escapes of a literal's body, so that an encoded address reads as what it means."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_one_escape, text)


def _one_escape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return _character(int(code, 16))
    if match[4]:
        return _character(int(match[4], 8))
    return _SIMPLE.get(match[5], match[5]) if match[5] else ""


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else UNKNOWN  # noqa: PLR2004 - Unicode


def concatenation(node: SgNode, operator: str, constant: Callable[[SgNode, int], str], depth: int) -> str:
    """Fold `a + b + c` without recursing down its left spine."""
    parts: list[str] = []
    current = node
    while _is(current, operator):
        left, right = current.field("left"), current.field("right")
        if left is None or right is None:
            return UNKNOWN
        parts.append(constant(right, depth + 1))
        current = left
        if len(parts) >= MAX_PIECES:
            return UNKNOWN + "".join(reversed(parts))[:MAX_CONSTANT]
    if not parts:
        return UNKNOWN
    parts.append(constant(current, depth + 1))
    return "".join(reversed(parts))[:MAX_CONSTANT]


def _is(node: SgNode, operator: str) -> bool:
    """Whether a node puts two things together by this operator."""
    sign = node.field("operator") if node.kind() in {"binary_expression", "binary_operator"} else None
    return sign is not None and sign.text() == operator


def topmost(node: SgNode, kinds: frozenset[str]) -> SgNode:
    """Climb from a literal to the outermost expression of `kinds` it is a piece of, at most MAX_DEPTH steps.

    Not out of `given || "https://…"` and its like: what stands there is a value of its own.
    """
    for _ in range(MAX_DEPTH):
        parent = node.parent()
        if parent is None or parent.kind() not in kinds or not _joins(parent):
            return node
        node = parent
    return node


def _joins(node: SgNode) -> bool:
    operator = node.field("operator") if node.kind() in {"binary_expression", "binary_operator"} else None
    return operator is None or operator.text() == "+"


def first_argument(call: SgNode) -> SgNode | None:
    """The first positional argument of a call, or None."""
    named = arguments_of(call)
    return named[0] if named else None


def arguments_of(call: SgNode) -> list[SgNode]:
    """The arguments of a call."""
    arguments = call.field("arguments")
    if arguments is None:
        return []
    return [child for child in arguments.children() if child.is_named() and child.kind() != "comment"]


def joined_address(base: str, path: str) -> str:
    """An address made of a base and a path, as `new URL(path, base)` and `urljoin(base, path)` make it."""
    if path.strip(UNKNOWN) == "":
        return base
    try:
        return urljoin(base, path)
    except ValueError:
        return UNKNOWN


def interesting(text: str) -> bool:
    """Whether a constant may name a host: keeps what has to be looked at small."""
    if "://" in text or "aHR0c" in text or RELATIVE.match(text):
        return True
    return "." in text and len(text) < MAX_HOST and bool(_HOST.fullmatch(text))


def line_of(node: SgNode) -> int:
    """Line number of a node's start, counted from 1."""
    return node.range().start.line + 1
