"""Names in PHP, C# and shell: simple forms, since these languages name what they call at the call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.checks.engines.names_common import UNKNOWN, Constant, Facts, interesting, unescape

if TYPE_CHECKING:
    from ast_grep_py import SgNode

KINDS = {
    "php": (
        "function_call_expression",
        "member_call_expression",
        "scoped_call_expression",
        "object_creation_expression",
        "string",
        "encapsed_string",
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
_VARIABLE = re.compile(r"\{?\$\{?[A-Za-z_>\-\[\]'\"]+\w*\}?\}?|\{[^{}]*\}")


def facts_of(language: str, nodes: list[SgNode]) -> Facts:
    """Name the calls and imports among the nodes of KINDS[language]."""
    facts = Facts()
    for node in nodes:
        kind = node.kind()
        if kind in _STRINGS:
            _add_constant(node, facts)
        elif kind == "using_directive":
            facts.imports.append((node.text().removeprefix("using").strip(" ;"), node))
        else:
            facts.calls.append((_NAMERS[language](node, kind), node))
    return facts


def _add_constant(node: SgNode, facts: Facts) -> None:
    raw = node.text()
    if interesting(raw) or "\\" in raw:
        text = unescape(raw.strip("@$").strip("'\""))
        if node.kind() in {"encapsed_string", "interpolated_string_expression", "string", "word"}:
            text = _VARIABLE.sub(UNKNOWN, text)
        facts.constants.append(Constant(text, node, _key_of(node)))


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
