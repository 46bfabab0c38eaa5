"""Canonical names in JavaScript and TypeScript, as people write it and as compilers emit it.

`(0, axios_1.default)(o)`, `axios.create().get()`, `const {exec} = require("node:child_process")`,
`cp["ex" + "ec"]()` and `import cp from "child_process"; cp.exec()` all resolve to `module.member`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.checks.engines.bindings_js import JavaScriptBindings
from plugins.checks.engines.names_common import (
    HOST_KEY_RULE,
    LITERAL_RULE,
    MAX_CONSTANTS,
    MAX_CONSTANTS_MINIFIED,
    Constant,
    Facts,
    add_constant,
    arguments_of,
    interesting,
)
from plugins.checks.engines.shapes_js import key_of, top

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ast_grep_py import SgNode


KINDS = (
    "call_expression",
    "new_expression",
    "import_statement",
    "variable_declarator",
    "assignment_expression",
    "augmented_assignment_expression",
    "function_declaration",
)
KINDS_OF = {
    "javascript": ("field_definition",),
    "typescript": ("public_field_definition", "import_require_clause"),
    "tsx": ("public_field_definition", "import_require_clause"),
}
READ_KINDS = ("member_expression", "subscript_expression")

_CALLERS = frozenset({"call", "apply", "bind"})
CONNECTS = frozenset({
    "connect", "createConnection", "createSocket", "lookup", "resolve", "resolve4", "fetch", "axios", "get", "post",
    "put", "patch", "delete", "request", "got", "ky", "open", "head",
})  # fmt: skip
"""Calls that take a host or an address."""


def questions(grammar: str, reads: AbstractSet[str]) -> list[dict[str, Any]]:
    """What to look for in a file: nodes that name something, and strings that may name a host."""
    asked: list[dict[str, Any]] = [{"kind": kind} for kind in (*KINDS, *KINDS_OF[grammar])]
    asked += [{"kind": kind, "regex": LITERAL_RULE} for kind in ("string", "template_string")]
    asked.append({"kind": "pair", "has": {"field": "key", "regex": HOST_KEY_RULE}})
    if reads:
        last = "|".join(sorted(map(re.escape, reads)))
        asked.append({"kind": "member_expression", "has": {"field": "property", "regex": f"^(?:{last})$"}})
        asked.append({"kind": "subscript_expression"})
    return asked


class JavaScriptNames(JavaScriptBindings):
    """Names what one file imports, calls and reads, and the texts in it."""

    def facts(self, nodes: list[SgNode]) -> Facts:
        """Go through the nodes of KINDS, in the order of the document, once to bind and once to name."""
        facts = Facts(room=MAX_CONSTANTS if self.short_names else MAX_CONSTANTS_MINIFIED)
        for node in nodes:
            self.bind(node, facts)
        for node in nodes:
            self._name(node, facts)
        facts.reads += self.taken
        return facts

    def _name(self, node: SgNode, facts: Facts) -> None:
        kind = node.kind()
        if kind in {"string", "template_string"}:
            self._add_constant(node, facts)
        elif kind == "call_expression":
            self._add_call(node, facts)
        elif kind == "new_expression":
            name = self.name(node.field("constructor"))
            if name == "require" and (module := self._required(node)):
                facts.imports.append((module, node))
            facts.calls.append((name, node))
        elif kind == "pair":
            self._add_value(node, facts)
        elif kind in READ_KINDS:
            facts.reads.append((self.name(node), node))

    def _add_call(self, node: SgNode, facts: Facts) -> None:
        function = node.field("function")
        if function is None:
            return
        if function.kind() == "import" or self.name(function) in {"require", "module.require", "require.resolve"}:
            module = self._required(node)
            if module:
                facts.imports.append((module, node))
            return
        name = self.name(function)
        head, _, last = name.rpartition(".")
        facts.calls.append((head if head and last in _CALLERS else name, node))
        if last in CONNECTS or name in CONNECTS:
            self._add_arguments(node, facts)

    def _add_arguments(self, call: SgNode, facts: Facts) -> None:
        """`connect(443, HOST)` and `fetch(address)`, where the name comes from elsewhere or is no address by itself."""
        for argument in arguments_of(call)[:3]:
            if argument.kind() in {"identifier", "member_expression"} and interesting(text := self.constant(argument)):
                facts.constants.append(Constant(text, argument, key_of(argument)))

    def _add_constant(self, node: SgNode, facts: Facts) -> None:
        raw = node.text()
        if not interesting(raw) and "\\" not in raw and not raw[1:].startswith(("http", "ws")):
            return
        add_constant(node, facts, constant=self.constant, top=top, key_of=key_of)

    def _add_value(self, node: SgNode, facts: Facts) -> None:
        """`host: NAME`: the text that a name stands for where a host or an address is expected."""
        value = node.field("value")
        if value is not None and value.kind() in {"identifier", "member_expression", "call_expression"}:
            text = self.constant(value)
            if interesting(text):
                facts.constants.append(Constant(text, value, key_of(value)))
