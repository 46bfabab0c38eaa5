"""Names in PHP, C# and shell: simple forms, since these languages name what they call at the call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.checks.engines import constants_php
from plugins.checks.engines.constants_php import PhpConstants
from plugins.checks.engines.names_common import (
    UNKNOWN,
    Constant,
    Facts,
    add_constant,
    adds,
    interesting,
    topmost,
    unescape,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

    Elsewhere = Callable[[str, str], str]

INCLUDES = ("include_expression", "include_once_expression", "require_expression", "require_once_expression")
KINDS = {
    "php": (
        "function_call_expression",
        "member_call_expression",
        "scoped_call_expression",
        "object_creation_expression",
        "string",
        "encapsed_string",
        *constants_php.KINDS,
        *INCLUDES,
    ),
    "csharp": (
        "invocation_expression",
        "object_creation_expression",
        "using_directive",
        "string_literal",
        "verbatim_string_literal",
        "interpolated_string_expression",
    ),
    "bash": ("command", "string", "raw_string", "word"),
}
_STRINGS = frozenset(
    {
        "string",
        "encapsed_string",
        "string_literal",
        "verbatim_string_literal",
        "interpolated_string_expression",
        "raw_string",
        "word",
    }
)
_CALLS = frozenset({"function_call_expression", "member_call_expression", "scoped_call_expression"})
_NAMED = {
    "php": _CALLS | {"object_creation_expression"},
    "csharp": frozenset({"invocation_expression", "object_creation_expression"}),
    "bash": frozenset({"command"}),
}
_THROUGH = frozenset({"parenthesized_expression", "argument", "arguments"})
_VARIABLE = re.compile(r"\{?\$\{?[A-Za-z_>\-\[\]'\"]+\w*\}?\}?|\{[^{}]*\}")


def facts_of(language: str, nodes: list[SgNode], elsewhere: Elsewhere | None = None) -> Facts:
    """Name the calls and imports among the nodes of KINDS[language]."""
    facts = Facts()
    php = PhpNames(nodes, elsewhere) if language == "php" else None
    for node in nodes:
        kind = node.kind()
        if kind in _STRINGS:
            _add_constant(node, facts, php)
        elif kind == "using_directive":
            facts.imports.append((node.text().removeprefix("using").strip(" ;"), node))
        elif kind in _NAMED[language]:
            facts.calls.append((_NAMERS[language](node, kind), node))
    return facts


class PhpNames:
    """What the names of a PHP file stand for, with those of the files it includes."""

    def __init__(self, nodes: list[SgNode], elsewhere: Elsewhere | None) -> None:
        self.elsewhere = elsewhere
        self.included: list[str] = []
        self.constants = PhpConstants(self._foreign if elsewhere else None)
        for node in nodes:
            kind = node.kind()
            if kind in constants_php.KINDS or kind == "function_call_expression":
                self.constants.keep(node)
            elif kind in INCLUDES:
                inner = [child for child in node.children() if child.is_named()]
                text = self.constants.constant(inner[0]).replace(UNKNOWN, "") if inner else ""
                if text:
                    self.included.append(text)

    def _foreign(self, name: str) -> str:
        if self.elsewhere is not None:
            for included in self.included[:20]:
                if UNKNOWN not in (text := self.elsewhere(included, name)):
                    return text
        return UNKNOWN


def _add_constant(node: SgNode, facts: Facts, php: PhpNames | None) -> None:
    raw = node.text()
    if not interesting(raw) and "\\" not in raw:
        return
    if php is not None:
        add_constant(node, facts, constant=php.constants.constant, top=_top, key_of=_key_of)
        return
    text = unescape(raw.strip("@$").strip("'\""))
    if node.kind() in {"encapsed_string", "interpolated_string_expression", "string", "word"}:
        text = _VARIABLE.sub(UNKNOWN, text)
    facts.constants.append(Constant(text, node, _key_of(node)))


def _top(node: SgNode) -> SgNode:
    return topmost(node, _THROUGH, _folds)


def _folds(node: SgNode) -> bool:
    """Whether an expression puts texts together: `.`, strings with variables, `sprintf`."""
    if node.kind() == "function_call_expression":
        function = node.field("function")
        return function is not None and function.text().lstrip("\\") == "sprintf"
    return adds(node, ".") or node.kind() == "encapsed_string"


def _key_of(node: SgNode) -> str:
    """`call:name` for an argument of a call or a word of a shell command, else ""."""
    for ancestor in node.ancestors()[:3]:
        if ancestor.kind() == "command":
            return f"call:{_bash(ancestor, '')}"
        if function := ancestor.field("function"):
            return "call:" + function.text()[-200:].rpartition(".")[2]
    return ""


def _php(node: SgNode, kind: str) -> str:
    if kind == "function_call_expression":
        return (node.field("function") or node).text().lstrip("\\").lower()[:200]
    if kind == "object_creation_expression":
        child = node.child(1)
        return child.text().lstrip("\\")[:200] if child else UNKNOWN
    owner = node.field("object") or node.field("scope") or node.child(0)
    name = node.field("name")
    return f"{owner.text()[:80] if owner else UNKNOWN}.{name.text() if name else UNKNOWN}"


def _csharp(node: SgNode, kind: str) -> str:
    target = node.field("type") if kind == "object_creation_expression" else node.field("function")
    return re.sub(r"<[^<>]*>", "", target.text())[-200:] if target else UNKNOWN


def _bash(node: SgNode, _kind: str) -> str:
    name = node.find(kind="command_name")
    return name.text().rpartition("/")[2] if name else UNKNOWN


_NAMERS = {"php": _php, "csharp": _csharp, "bash": _bash}
