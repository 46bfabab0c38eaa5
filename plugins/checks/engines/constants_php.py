"""What expressions of PHP stand for, as far as the file itself says: text, or UNKNOWN."""

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
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

KINDS = ("const_element", "property_element", "assignment_expression", "augmented_assignment_expression")
_ELSE = frozenset({"??", "?:"})
_NAMES = frozenset({"name", "variable_name", "class_constant_access_expression", "member_access_expression",
    "scoped_property_access_expression", "qualified_name", "subscript_expression"})  # fmt: skip
_KEPT = _NAMES | {"string", "encapsed_string", "binary_expression", "conditional_expression",
    "parenthesized_expression", "function_call_expression"}  # fmt: skip
_UNCHANGED = frozenset({"trim", "rtrim", "ltrim", "esc_url", "esc_url_raw", "untrailingslashit", "strval"})
_PLACE = re.compile(r"%%|%(?:\d+\$)?[-+0]*\d*(?:\.\d+)?[sdifxu]")
_OWNERS = re.compile(r"^(?:self|static|\$this|[A-Z]\w*)(?:::|->)\$?")
"""What goes by several names in a file, `self::URL`, `static::URL` and `Client::URL`, is kept under one."""
MAX_VALUE = 4_000


class PhpConstants:
    """The texts that constants, variables and properties of one file hold."""

    def __init__(self, foreign: Callable[[str], str] | None = None) -> None:
        """`foreign` is asked for what a name stands for that the file itself gives no text."""
        self.texts = Texts()
        self.foreign = foreign

    def keep(self, node: SgNode) -> None:
        """Note what a node of KINDS, or a call of `define`, gives to a name."""
        kind = node.kind()
        if kind == "function_call_expression":
            arguments = [_inner(argument) for argument in arguments_of(node)]
            if len(arguments) > 1 and arguments[0] is not None and arguments[1] is not None:
                self._note(self.constant(arguments[0]), arguments[1])
        elif kind in {"const_element", "property_element"}:
            children = [child for child in node.children() if child.is_named()]
            if len(children) > 1:
                prefix = "::" if kind == "const_element" and _in_class(node) else ""
                name = children[0].text()
                self._note(prefix + name if kind == "const_element" else "::" + name.lstrip("$"), children[-1])
        else:
            self._assigned(node, kind)

    def _assigned(self, node: SgNode, kind: str) -> None:
        target, value = node.field("left"), node.field("right")
        if target is None or value is None or target.kind() not in _NAMES:
            return
        name, sign = _name(target), node.field("operator")
        if kind == "assignment_expression":
            self._note(name, value)
        elif sign is not None and sign.text() == ".=" and name in self.texts:
            self.texts.replace(name, self.texts[name] + self.constant(value))

    def _note(self, name: str, value: SgNode) -> None:
        if value.kind() == "array_creation_expression":
            for item in value.children()[:500]:
                pair = [child for child in item.children() if child.is_named()]
                if item.kind() == "array_element_initializer" and len(pair) == 2 and pair[1].kind() in _KEPT:  # noqa: PLR2004 - key and value
                    self._note(f"{name}[{self.constant(pair[0])}]", pair[1])
            return
        short = value.kind() in _KEPT and len(value.text()) <= MAX_VALUE
        self.texts.note(name, self.constant(value) if short else UNKNOWN)

    def constant(self, node: SgNode, depth: int = 0) -> str:  # noqa: PLR0911 - one line a kind of node
        """The string an expression stands for, with UNKNOWN for the pieces only run time knows."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "string":
            return node.text()[1:-1].replace("\\'", "'").replace("\\\\", "\\")
        if kind == "encapsed_string":
            return self._encapsed(node, depth)
        if kind == "parenthesized_expression":
            inner = _inner(node)
            return self.constant(inner, depth + 1) if inner is not None else UNKNOWN
        if kind == "binary_expression":
            return self._binary(node, depth)
        if kind == "conditional_expression":
            return self._either([child for child in node.children() if child.is_named()], depth)
        if kind == "subscript_expression":
            pair = [child for child in node.children() if child.is_named()]
            key = self.constant(pair[1], depth + 1) if len(pair) > 1 else UNKNOWN
            return self.texts.get(f"{_name(pair[0])}[{key}]", UNKNOWN) if pair else UNKNOWN
        if kind in _NAMES:
            return self._named(_name(node))
        return self._call(node, depth) if kind == "function_call_expression" else UNKNOWN

    def _encapsed(self, node: SgNode, depth: int) -> str:
        parts = []
        for child in node.children():
            kind = child.kind()
            if kind in {"string_content", "escape_sequence"}:
                parts.append(unescape(child.text()))
            elif child.is_named():
                parts.append(self.constant(child, depth + 1))
        return "".join(parts)[:MAX_CONSTANT]

    def _named(self, name: str) -> str:
        known = self.texts.get(name)
        if known is None and self.foreign is not None:
            return self.foreign(name)
        return known or UNKNOWN

    def _binary(self, node: SgNode, depth: int) -> str:
        sign = node.field("operator")
        if sign is not None and sign.text() in _ELSE:
            return self._either([side for side in (node.field("left"), node.field("right")) if side], depth)
        return concatenation(node, ".", self.constant, depth)

    def _either(self, sides: list[SgNode], depth: int) -> str:
        """`a ?: b` and `a ?? b`: what is known of the two; of `c ? a : b` nothing is."""
        if len(sides) != 2:  # noqa: PLR2004 - both sides
            return UNKNOWN
        given = self.constant(sides[0], depth + 1)
        return given if given and UNKNOWN not in given else self.constant(sides[1], depth + 1)

    def _call(self, node: SgNode, depth: int) -> str:
        function = node.field("function")
        arguments = [inner for argument in arguments_of(node) if (inner := _inner(argument))]
        name = function.text().lstrip("\\").lower() if function is not None else ""
        if not arguments:
            return UNKNOWN
        first = self.constant(arguments[0], depth + 1)
        if name in {"sprintf", "vsprintf"}:
            rest = iter([self.constant(one, depth + 1) for one in arguments[1:]])
            return _PLACE.sub(lambda place: "%" if place[0] == "%%" else next(rest, UNKNOWN), first)[:MAX_CONSTANT]
        if name == "constant":
            return self.texts.get(first, UNKNOWN)
        if name in {"get_option", "apply_filters", "env"} and len(arguments) > 1:
            return self.constant(arguments[1], depth + 1)  # what it is unless somebody set it otherwise
        return first if name in _UNCHANGED else UNKNOWN


def _name(node: SgNode) -> str:
    """One name for a thing, by whichever of its names it is called."""
    text = node.text()[:200]
    return _OWNERS.sub("::", text) if "::" in text or "->" in text else text.lstrip("\\")


def _inner(node: SgNode) -> SgNode | None:
    named = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
    return named[-1] if named else None


def _in_class(node: SgNode) -> bool:
    parent = node.parent()
    above = parent.parent() if parent is not None else None
    return above is not None and above.kind() in {"declaration_list", "enum_declaration_list"}
