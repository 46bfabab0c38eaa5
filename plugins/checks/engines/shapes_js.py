"""What JavaScript's syntax trees look like: modules' names, texts that are put together, the key of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.checks.engines.names_common import adds, topmost

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MODULE_ALIASES = {"fs/promises": "fs", "fs-extra": "fs", "graceful-fs": "fs"}
_THROUGH = frozenset({
    "parenthesized_expression", "template_substitution", "array", "member_expression", "arguments",
})  # fmt: skip
"""What may lie between a literal and the expression that takes it in."""
_FOLDS = frozenset({"join", "concat", "toString", "trim"})


def top(node: SgNode) -> SgNode:
    """The outermost expression that a literal is put together in."""
    return topmost(node, _THROUGH, _folds)


def _folds(node: SgNode) -> bool:
    """Whether an expression puts texts together: `+`, templates, `join`, `concat`, `new URL`."""
    kind = node.kind()
    if kind == "binary_expression":
        return adds(node)
    if kind == "call_expression":
        function = node.field("function")
        member = function.field("property") if function is not None else None
        return member is not None and member.text() in _FOLDS
    if kind == "new_expression":
        maker = node.field("constructor")
        return maker is not None and maker.text() in {"URL", "url.URL"}
    return kind == "template_string"


def undefaulted(node: SgNode | None) -> SgNode | None:
    """A part of a pattern without the default it has, if any."""
    if node is not None and node.kind() in {"assignment_pattern", "object_assignment_pattern"}:
        return node.field("left")
    return node


def clean_module(module: str) -> str:
    """`node:fs`, `fs/promises` and `fs-extra` go by the name `fs`, so that one rule covers them."""
    module = module.removeprefix("node:")
    return MODULE_ALIASES.get(module, module)


def key_of(node: SgNode) -> str:
    """The property or variable a value is given to, looking through arrays and calls' brackets; "" where none."""
    current = node
    for _ in range(4):
        parent = current.parent()
        if parent is None:
            return ""
        kind = parent.kind()
        if kind == "expression_statement":
            return "expression statement"
        if kind in {"call_expression", "new_expression"}:
            function = parent.field("function") or parent.field("constructor")
            return "call:" + (function.text()[-200:].rpartition(".")[2] if function else "")
        target = parent.field("key") or parent.field("left") or parent.field("name") or parent.field("property")
        if kind in {
            "pair",
            "assignment_expression",
            "variable_declarator",
            "public_field_definition",
            "field_definition",
        }:
            return target.text().rpartition(".")[2].strip("'\"")[:80] if target else ""
        current = parent
    return ""
