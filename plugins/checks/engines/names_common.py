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
MAX_NAMED = 5_000
"""Characters of a text that a name is known by; longer ones are no addresses, and a file may have many names."""
MAX_CONSTANT = 20_000
"""Characters kept of a folded constant."""

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|([0-7]{1,3})|\r?\n|(.))", re.DOTALL
)
MAX_HOST = 100
RELATIVE = re.compile(rf"(?i)[rbfu]*[\"'`]?{UNKNOWN}?:?(?=//(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,63}}[:/])")
"""Start of an address whose scheme is left to the page or is known at run time only, with or without its quote."""
_HOST = re.compile(r"[\"'`]?[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+[\"'`]?")
_PLACE = re.compile(r"%%|%\(\w+\)[a-z]|%(?:\d+\$)?[a-z]|\{\w*\}|\{\{|\}\}")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}

HOST_KEY_RULE = (
    r"(?i)^[\"'`]?(?:host|hostname|server|servername|domain|base_?u(?:rl|ri)|end_?point|address|url|uri|origin|authority"
    r"|proxy)[\"'`]?$"
)
LITERAL_RULE = r"""://|aHR0c|\\|^[rbfuRBFU]*["'`]+(?:http|ws|:?//)|^[rbfuRBFU]*["'`]+[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+["'`]+$"""
"""What a literal has to hold to be looked at; `interesting` is the finer sieve."""
HOST_KEY = re.compile(HOST_KEY_RULE)
"""Keys and arguments whose value is a host or an address, whatever name that value is known by."""
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
    comments: list[SgNode] = field(default_factory=list)
    """Comments that name an address."""
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

    def note(self, name: str, text: str) -> None:
        """The code gives a name this text."""
        self[name] = text if self.get(name, text) == text and len(text) <= MAX_NAMED else UNKNOWN

    def replace(self, name: str, text: str) -> None:
        """The code puts this text in place of what a name held."""
        self[name] = text if len(text) <= MAX_NAMED else UNKNOWN


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


def topmost(node: SgNode, through: frozenset[str], folds: Callable[[SgNode], bool]) -> SgNode:
    """Climb from a literal to the outermost expression that puts it together with others, at most MAX_DEPTH steps.

    `folds` says whether an expression does; the kinds in `through` lie between such expressions. Not out of
    `given || "https://…"` and its like: what stands there is a value of its own.
    """
    best = current = node
    for _ in range(MAX_DEPTH):
        parent = current.parent()
        if parent is None:
            break
        if folds(parent):
            best = parent
        elif parent.kind() not in through:
            break
        current = parent
    return best


def adds(node: SgNode, operator: str = "+") -> bool:
    """Whether a node is `a + b`."""
    return _is(node, operator)


def add_constant(
    node: SgNode,
    facts: Facts,
    *,
    constant: Callable[[SgNode], str],
    top: Callable[[SgNode], SgNode],
    key_of: Callable[[SgNode], str],
) -> None:
    """Note the text a literal is part of, if it may name a host; the literal itself where the whole says less."""
    if not facts.has_room():
        return
    whole = top(node)
    text = constant(whole)
    if whole != node and not _holds(text, own := constant(node)):
        whole, text = node, own
    if interesting(text) and not (facts.constants and facts.constants[-1].node == whole):
        facts.constants.append(Constant(text, whole, key_of(whole)))


def _holds(whole: str, own: str) -> bool:
    """Whether the text of an expression still says what its literal says, but for the places that were filled."""
    return all(piece in whole for piece in _PLACE.split(own))


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
