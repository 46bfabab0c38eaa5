"""What expressions of Python stand for, as far as the file itself says: text, or UNKNOWN."""

from __future__ import annotations

import re
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

_KEPT = frozenset({
    "string", "concatenated_string", "parenthesized_expression", "binary_operator", "boolean_operator", "identifier",
    "attribute", "call", "subscript",
})  # fmt: skip
_UNCHANGED = frozenset({"strip", "rstrip", "lstrip", "encode", "decode", "lower"})
_DEFAULTED = frozenset({"get", "getenv", "pop", "setdefault"})
"""Calls whose second argument is what they give where there is nothing else."""
_JOINS = frozenset({"urljoin", "urllib.parse.urljoin", "parse.urljoin"})
_PLACE = re.compile(r"%%|%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[srdifx]")
_BRACES = re.compile(r"\{\{|\}\}|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
_RAW = re.compile(r"(?i)^[bf]*r")
MAX_VALUE = 4_000
MAX_PAIRS = 500
MAX_NESTING = 3


class PythonConstants:
    """The texts that names of one file hold."""

    def __init__(self, foreign: Callable[[str], str] | None = None) -> None:
        """`foreign` is asked for what a name stands for that the file itself gives no text."""
        self.texts = Texts()
        self.foreign = foreign

    def keep(self, target: SgNode | None, value: SgNode | None) -> None:
        """Note what a name, an attribute or an item is given; UNKNOWN once it is given two different things."""
        if target is None or value is None or target.kind() not in {"identifier", "attribute", "subscript"}:
            return
        name = target.text()
        self._keep(name, value)
        if target.kind() == "identifier" and (owner := _class_of(target)) and name in self.texts:
            for prefix in ("self", "cls", owner):
                self.texts.note(f"{prefix}.{name}", self.texts[name])

    def append(self, target: SgNode | None, value: SgNode | None) -> None:
        """`name += value`."""
        if target is not None and value is not None and target.text() in self.texts:
            self.texts.replace(target.text(), self.texts[target.text()] + self.constant(value))

    def _keep(self, name: str, value: SgNode, depth: int = 0) -> None:
        if value.kind() == "dictionary":
            for pair in value.children()[:MAX_PAIRS] if depth <= MAX_NESTING else ():
                key, inner = pair.field("key"), pair.field("value")
                if pair.kind() == "pair" and key is not None and inner is not None:
                    self._keep(f"{name}[{self.constant(key)}]", inner, depth + 1)
            return
        short = value.kind() in _KEPT and len(value.text()) <= MAX_VALUE
        self.texts.note(name, self.constant(value) if short else UNKNOWN)

    def constant(self, node: SgNode, depth: int = 0) -> str:  # noqa: PLR0911 - one line a kind of node
        """The string an expression stands for, with UNKNOWN for the pieces only run time knows."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "string":
            return self._string(node, depth)
        if kind == "concatenated_string":
            parts = [self.constant(child, depth + 1) for child in node.children() if child.is_named()]
            return "".join(parts)[:MAX_CONSTANT]
        if kind == "parenthesized_expression":
            return self.constant(node.children()[1], depth + 1)
        if kind == "binary_operator":
            return self._binary(node, depth)
        if kind == "boolean_operator":
            return self._either(node.field("left"), node.field("right"), depth)
        if kind in {"identifier", "attribute"}:
            return self._named(node.text())
        if kind == "subscript":
            return self._item(node.field("value"), node.field("subscript"), depth)
        return self._call(node, depth) if kind == "call" else UNKNOWN

    def _string(self, node: SgNode, depth: int) -> str:
        parts = []
        raw = False
        for child in node.children():
            kind = child.kind()
            if kind == "string_start":
                raw = _RAW.match(child.text()) is not None
            elif kind == "interpolation":
                inner = child.children()
                parts.append(self.constant(inner[1], depth + 1) if len(inner) > 1 else UNKNOWN)
            elif kind == "string_content":
                parts.append(child.text() if raw else unescape(child.text()))
        return "".join(parts)[:MAX_CONSTANT]

    def _either(self, left: SgNode | None, right: SgNode | None, depth: int) -> str:
        """`given or "https://…"`: what is known of the two."""
        given = self.constant(left, depth + 1) if left is not None else UNKNOWN
        if given and UNKNOWN not in given:
            return given
        return self.constant(right, depth + 1) if right is not None else UNKNOWN

    def _item(self, owner: SgNode | None, key: SgNode | None, depth: int) -> str:
        if owner is None or key is None:
            return UNKNOWN
        return self.texts.get(f"{owner.text()[:200]}[{self.constant(key, depth + 1)}]", UNKNOWN)

    def _named(self, name: str) -> str:
        known = self.texts.get(name)
        if known is None and self.foreign is not None:
            return self.foreign(name)
        return known or UNKNOWN

    def _binary(self, node: SgNode, depth: int) -> str:
        sign, right = node.field("operator"), node.field("right")
        if sign is None or sign.text() != "%" or right is None:
            return concatenation(node, "+", self.constant, depth)
        left = node.field("left")
        form = self.constant(left, depth + 1) if left is not None else UNKNOWN
        if right.kind() == "dictionary":
            pairs = {
                self.constant(key, depth + 1): value
                for pair in right.children()
                if (key := pair.field("key")) and (value := pair.field("value"))
            }
            return _filled(form, _PLACE, lambda name, _: self._one(pairs.get(name), depth))
        items = [child for child in right.children() if child.is_named()] if right.kind() == "tuple" else [right]
        return _filled(form, _PLACE, lambda _, place: self._one(items[place] if place < len(items) else None, depth))

    def _one(self, node: SgNode | None, depth: int) -> str:
        return self.constant(node, depth + 1) if node is not None else UNKNOWN

    def _call(self, node: SgNode, depth: int) -> str:  # noqa: PLR0911 - one line a kind of call
        """`"…".format(…)`, `"".join([…])`, `urljoin(base, path)`, `os.environ.get("X", "…")`."""
        function, arguments = node.field("function"), arguments_of(node)
        if function is None:
            return UNKNOWN
        name = function.text()[-60:]
        owner = function.field("object")
        member = name.rpartition(".")[2]
        if name in _JOINS and len(arguments) > 1:
            return joined_address(self.constant(arguments[0], depth + 1), self.constant(arguments[1], depth + 1))
        if member in _DEFAULTED and len(arguments) > 1:
            known = self._item(owner, arguments[0], depth)
            return known if UNKNOWN not in known else self.constant(_value(arguments[1]), depth + 1)
        if owner is None:
            return self.constant(arguments[0], depth + 1) if name == "str" and arguments else UNKNOWN
        if member == "format":
            return self._formatted(self.constant(owner, depth + 1), arguments, depth)
        if member == "join" and arguments and arguments[0].kind() in {"list", "tuple"}:
            items = [child for child in arguments[0].children() if child.is_named()][:MAX_PAIRS]
            return self.constant(owner, depth + 1).join(self.constant(item, depth + 1) for item in items)[:MAX_CONSTANT]
        return self.constant(owner, depth + 1) if member in _UNCHANGED else UNKNOWN

    def _formatted(self, form: str, arguments: list[SgNode], depth: int) -> str:
        named = {
            key.text(): given
            for argument in arguments
            if argument.kind() == "keyword_argument"
            and (key := argument.field("name"))
            and (given := argument.field("value"))
        }
        plain = [argument for argument in arguments if argument.kind() != "keyword_argument"]

        def value(name: str, place: int) -> str:
            at = int(name) if name.isdecimal() and len(name) < 4 else place  # noqa: PLR2004 - no format has more
            if name and not name.isdecimal():
                return self._one(named.get(name), depth)
            return self._one(plain[at] if at < len(plain) else None, depth)

        return _filled(form, _BRACES, value)


def _filled(form: str, pattern: re.Pattern[str], value: Callable[[str, int], str]) -> str:
    """A form with its places filled; `value` is asked with a place's name, or "", and its number."""
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] in {"%%", "{{", "}}"}:
            return match[0][0]
        count += 1
        return value(match[1] or "", count - 1)

    return pattern.sub(one, form)[:MAX_CONSTANT]


def _value(argument: SgNode) -> SgNode:
    """An argument's value, whether or not it is given by name."""
    inner = argument.field("value") if argument.kind() == "keyword_argument" else None
    return inner if inner is not None else argument


def _class_of(target: SgNode) -> str:
    """The class in whose body a name is given a value; "" elsewhere."""
    node = target
    for kind in ("assignment", "expression_statement", "block", "class_definition"):
        parent = node.parent()
        if parent is None or parent.kind() != kind:
            return ""
        node = parent
    name = node.field("name")
    return name.text() if name is not None else ""
