"""What expressions of JavaScript and TypeScript stand for, as far as the file itself says: text, or UNKNOWN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.checks.engines.names_common import (
    MAX_CONSTANT,
    MAX_DEPTH,
    UNKNOWN,
    Texts,
    arguments_of,
    concatenation,
    joined_address,
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

_TRANSPARENT = frozenset({
    "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression",
})  # fmt: skip
_KEPT = frozenset({
    "string", "template_string", "binary_expression", "identifier", "member_expression", "call_expression",
    "new_expression",
}) | _TRANSPARENT  # fmt: skip
_NOTHING = frozenset({"undefined", "null"})
_ELSE = frozenset({"||", "??"})
_UNCHANGED = frozenset({"toString", "trim", "valueOf", "normalize"})
MAX_VALUE = 4_000
"""Characters of a value that is worked out when it is given to a name; longer ones are no addresses."""
LONGEST_NAME = 120
MAX_PROPERTIES = 500
MAX_NESTING = 3


class JavaScriptConstants:
    """The texts that names of one file hold. `short_names` False: one- and two-letter names are not trusted."""

    def __init__(self, *, short_names: bool, foreign: Callable[[str], str] | None = None) -> None:
        """`foreign` is asked for what a name stands for that the file itself gives no text."""
        self.texts = Texts()
        self.foreign = foreign
        self.short_names = short_names

    def keep(self, target: SgNode | None, value: SgNode | None) -> None:
        """Note what a name or member is given; UNKNOWN once it is given two different things."""
        named = target is not None and target.kind() in {"identifier", "member_expression"}
        name = target.text() if target is not None and named else ""
        if name and value is not None:
            self._keep(name, value)

    def give(self, name: str, value: SgNode) -> None:
        """Note a value under a name that the code does not write."""
        self._keep(name, value)

    def append(self, target: SgNode | None, value: SgNode | None) -> None:
        """`name += value`."""
        name = target.text() if target is not None else ""
        if value is not None and name in self.texts and self._trusted(name):
            self.texts.replace(name, self.texts[name] + self.constant(value))

    def field(self, target: SgNode, value: SgNode | None) -> None:
        """A field of a class, which its methods know as a member of `this`."""
        if value is not None:
            self._keep(f"this.{target.text()}", value)

    def _keep(self, name: str, value: SgNode, depth: int = 0) -> None:
        while value.kind() == "assignment_expression" and (right := value.field("right")) is not None:
            value = right
        kind = value.kind()
        if kind in _NOTHING or value.text() == "void 0":
            return  # compilers announce what they export so
        if kind == "object":
            self._keep_object(name, value, depth)
        elif depth < MAX_DEPTH and (inner := _unwrapped(value)) is not None:
            self._keep(name, inner, depth + 1)
        elif self._trusted(name):
            text = self.constant(value) if kind in _KEPT and _length(value) <= MAX_VALUE else UNKNOWN
            self.texts.note(name, text)

    def _keep_object(self, name: str, value: SgNode, depth: int) -> None:
        if depth > MAX_NESTING:
            return
        for pair in value.children()[:MAX_PROPERTIES]:
            if pair.kind() == "pair" and (key := pair.field("key")) and (inner := pair.field("value")):
                self._keep(f"{name}.{key.text().strip(chr(34) + chr(39))}", inner, depth + 1)

    def _trusted(self, name: str) -> bool:
        return self.short_names or len(name) > 2  # noqa: PLR2004 - minifiers use one or two letters

    def constant(self, node: SgNode, depth: int = 0) -> str:  # noqa: PLR0911 - one line a kind of node
        """The string an expression stands for, with UNKNOWN for the pieces only run time knows."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "string":
            return unescape(node.text()[1:-1])
        if kind == "template_string":
            return self._template(node, depth)
        if kind in _TRANSPARENT:
            inner = _inner(node)
            return self.constant(inner, depth + 1) if inner is not None else UNKNOWN
        if kind == "binary_expression":
            return self._binary(node, depth)
        if kind in {"identifier", "member_expression"}:
            return self._named(node.text())
        if kind == "call_expression":
            return self._call(node, depth)
        if kind == "new_expression":
            return self._made(node, depth)
        return UNKNOWN

    def _named(self, name: str) -> str:
        known = self.texts.get(name) if len(name) <= LONGEST_NAME else UNKNOWN
        if known is None and self.foreign is not None:
            return self.foreign(name)
        return known or UNKNOWN

    def _binary(self, node: SgNode, depth: int) -> str:
        sign = node.field("operator")
        if (
            sign is not None
            and sign.text() in _ELSE
            and (left := node.field("left"))
            and (right := node.field("right"))
        ):
            given = self.constant(left, depth + 1)
            return given if UNKNOWN not in given and given else self.constant(right, depth + 1)
        return concatenation(node, "+", self.constant, depth)

    def _template(self, node: SgNode, depth: int) -> str:
        parts = []
        for child in node.children()[1:-1]:
            if child.kind() == "template_substitution":
                inner = child.children()
                parts.append(self.constant(inner[1], depth + 1) if len(inner) > 1 else UNKNOWN)
            else:
                parts.append(unescape(child.text()))
        return "".join(parts)[:MAX_CONSTANT]

    def _call(self, node: SgNode, depth: int) -> str:
        """`[a, b].join("")`, `a.concat(b)`, and calls that change nothing."""
        function = node.field("function")
        if function is None or function.kind() != "member_expression":
            return UNKNOWN
        owner, member = function.field("object"), function.field("property")
        if owner is None or member is None:
            return UNKNOWN
        name, arguments = member.text(), arguments_of(node)
        if name == "join" and owner.kind() == "array":
            between = self.constant(arguments[0], depth + 1) if arguments else ","
            items = [child for child in owner.children() if child.is_named() and child.kind() != "comment"]
            return between.join(self.constant(item, depth + 1) for item in items[:MAX_PROPERTIES])[:MAX_CONSTANT]
        if name == "concat":
            return "".join(self.constant(part, depth + 1) for part in (owner, *arguments))[:MAX_CONSTANT]
        return self.constant(owner, depth + 1) if name in _UNCHANGED else UNKNOWN

    def _made(self, node: SgNode, depth: int) -> str:
        """`new URL(path, base)`, and `new String(text)`."""
        maker, arguments = node.field("constructor"), arguments_of(node)
        name = maker.text() if maker is not None else ""
        if not arguments or name not in {"URL", "url.URL", "String"}:
            return UNKNOWN
        first = self.constant(arguments[0], depth + 1)
        if name == "String" or len(arguments) == 1:
            return first
        return joined_address(self.constant(arguments[1], depth + 1), first)


def _unwrapped(node: SgNode) -> SgNode | None:
    """What stands in brackets, under a cast, or in `Object.freeze()`; None where it is none of these."""
    if node.kind() in _TRANSPARENT:
        return _inner(node)
    function = node.field("function") if node.kind() == "call_expression" else None
    frozen = function is not None and function.text() == "Object.freeze"
    return arguments_of(node)[0] if frozen and arguments_of(node) else None


def _inner(node: SgNode) -> SgNode | None:
    """The expression in brackets or under a cast."""
    return next((child for child in node.children() if child.is_named() and child.kind() != "comment"), None)


def _length(node: SgNode) -> int:
    return len(node.text())
