"""Canonical names in JavaScript and TypeScript, as people write it and as compilers emit it.

`(0, axios_1.default)(o)`, `axios.create().get()`, `const {exec} = require("node:child_process")`,
`cp["ex" + "ec"]()` and `import cp from "child_process"; cp.exec()` all resolve to `module.member`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.checks.engines.constants_js import JavaScriptConstants
from plugins.checks.engines.names_common import (
    HOST_KEY_RULE,
    LITERAL_RULE,
    MAX_CONSTANTS,
    MAX_CONSTANTS_MINIFIED,
    MAX_DEPTH,
    UNKNOWN,
    Constant,
    Facts,
    add_constant,
    adds,
    arguments_of,
    first_argument,
    interesting,
    topmost,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from ast_grep_py import SgNode

    Elsewhere = Callable[[str, str], str]

KINDS = (
    "call_expression",
    "new_expression",
    "import_statement",
    "variable_declarator",
    "assignment_expression",
    "augmented_assignment_expression",
    "function_declaration",
)
FIELD_KINDS = ("public_field_definition", "field_definition")
"""Of a class; the grammars of TypeScript and of JavaScript each have one of them."""
KINDS_OF = {
    "javascript": ("field_definition",),
    "typescript": ("public_field_definition", "import_require_clause"),
    "tsx": ("public_field_definition", "import_require_clause"),
}
READ_KINDS = ("member_expression", "subscript_expression")

_GLOBALS = frozenset({"globalThis", "window", "global", "self", "top", "frames"})
_WRAPPER = re.compile(r"(?:^|\.)(?:__importDefault|__importStar|__toESM|_?_?interop\w*|__toModule|promisify)$")
_TRANSPARENT = frozenset({"await_expression", "non_null_expression", "as_expression", "satisfies_expression"})
MODULE_ALIASES = {"fs/promises": "fs", "fs-extra": "fs", "graceful-fs": "fs"}
_FOLLOWED = frozenset({"require", "eval", "Function", "fetch", "process"})
"""Globals that keep their meaning under a name of the file's own: `const e = eval`, `const {env} = process`."""
_REQUIRED = re.compile(r"require\(\s*[\"'](\.[^\"']+)[\"']\s*\)\.?([\w.$]*)$")
_MAKES_REQUIRE = frozenset({"module.createRequire", "module.Module.createRequire"})
_CALLERS = frozenset({"call", "apply", "bind"})
_THROUGH = frozenset({
    "parenthesized_expression", "template_substitution", "array", "member_expression", "arguments",
})  # fmt: skip
"""What may lie between a literal and the expression that takes it in."""
_FOLDS = frozenset({"join", "concat", "toString", "trim"})
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


class JavaScriptNames:
    """Resolves one file. `short_names` False: one- and two-letter names of minified code are not trusted."""

    def __init__(self, *, short_names: bool, elsewhere: Elsewhere | None = None) -> None:
        """`elsewhere` gives the text of a member of another module, by the module's name as it is written."""
        self.bindings: dict[str, str] = {}
        self.bound: set[str] = set()
        """What the bindings mean."""
        self.local: set[str] = set()
        self.constants = JavaScriptConstants(short_names=short_names, foreign=self._foreign if elsewhere else None)
        self.elsewhere = elsewhere
        self.constant = self.constants.constant
        self.short_names = short_names
        self.modules: set[str] = set()
        """Files of the package that this one takes something from, as it names them."""
        self.taken: list[tuple[str, SgNode]] = []
        """What a pattern reads without naming it: `const {env: {TOKEN}} = process` reads `process.env`."""

    def facts(self, nodes: list[SgNode]) -> Facts:
        """Go through the nodes of KINDS, in the order of the document, once to bind and once to name."""
        facts = Facts(room=MAX_CONSTANTS if self.short_names else MAX_CONSTANTS_MINIFIED)
        for node in nodes:
            self._bind(node, facts)
        for node in nodes:
            self._name(node, facts)
        facts.reads += self.taken
        return facts

    def _bind(self, node: SgNode, facts: Facts) -> None:
        kind = node.kind()
        if kind == "import_statement":
            self._bind_import(node, facts)
        elif kind == "variable_declarator":
            self._bind_target(node.field("name"), node.field("value"))
        elif kind == "assignment_expression":
            self._bind_target(node.field("left"), node.field("right"))
        elif kind == "augmented_assignment_expression":
            self._append(node)
        elif kind in FIELD_KINDS:
            self._bind_field(node)
        elif kind == "function_declaration" and (name := node.field("name")):
            self.local.add(name.text())

    def _foreign(self, text: str) -> str:
        """What a name stands for that another file of the package gives: `BASE`, `config.BASE`."""
        if self.elsewhere is not None and (match := _REQUIRED.match(text)):
            return self.elsewhere(match[1], match[2] or "default")
        head, _, rest = text.partition(".")
        module = self.bindings.get(head, "")
        if self.elsewhere is None or not module.startswith("."):
            return UNKNOWN
        for taken in sorted(self.modules, key=len, reverse=True):
            if module == taken:
                return self.elsewhere(taken, rest or "default")
            if module.startswith(f"{taken}."):
                member = module.removeprefix(f"{taken}.")
                return self.elsewhere(taken, f"{member}.{rest}" if rest else member)
        return UNKNOWN

    def _append(self, node: SgNode) -> None:
        target, sign = node.field("left"), node.field("operator")
        if target is not None and sign is not None and sign.text() == "+=":
            self.constants.append(target, node.field("right"))

    def _bind_field(self, node: SgNode) -> None:
        target = node.field("name") or node.field("property")
        if target is not None:
            self.constants.field(target, node.field("value"))

    def _bind_target(self, target: SgNode | None, value: SgNode | None) -> None:
        if target is None:
            return
        name = self.name(value) if value is not None else UNKNOWN
        known = "." in name or name in _FOLLOWED or name in self.bound or self._is_import(value)
        if target.kind() == "object_pattern":
            self._bind_pattern(target, name if known else UNKNOWN)
        elif target.kind() == "identifier":
            self._assign(target.text(), name if known and UNKNOWN not in name else None)
        if value is not None:
            self.constants.keep(target, value)

    def _is_import(self, value: SgNode | None) -> bool:
        if value is None:
            return False
        ends = value.text()[:200] + value.text()[-60:]
        return "require" in ends or "import(" in ends

    def _bind_pattern(self, pattern: SgNode, module: str, depth: int = 0) -> None:
        """`{exec}`, `{exec: run}`, `{exec = other}` and `{promises: {readFile}}`."""
        for child in pattern.children():
            if child.kind() == "pair_pattern":
                key, value = child.field("key"), child.field("value")
            else:
                key = value = child
            value, key = _undefaulted(value), _undefaulted(key)
            if key is None or value is None or depth > MAX_DEPTH:
                continue
            target = self._of(module, key.text().strip("'\"")) if module != UNKNOWN else None
            if value.kind() == "object_pattern":
                if target is not None:
                    self.taken.append((target, child))
                self._bind_pattern(value, target or UNKNOWN, depth + 1)
            elif value.kind() in {"identifier", "shorthand_property_identifier_pattern"}:
                self._assign(value.text(), target)

    def _assign(self, name: str, target: str | None) -> None:
        if target is None:
            self.local.add(name)
        elif self.short_names or len(name) > 2:  # noqa: PLR2004 - minifiers use one or two letters
            self.bindings[name] = target
            self.bound.add(target)

    def _bind_import(self, node: SgNode, facts: Facts) -> None:
        source = node.field("source") or node.find(kind="string")
        if source is None or node.text().startswith("import type"):
            return
        module = clean_module(self.constant(source))
        facts.imports.append((module, node))
        self._take(module)
        for child in node.children():
            if child.kind() == "import_clause":
                self._bind_clause(child, module)
            elif child.kind() == "import_require_clause" and (name := child.find(kind="identifier")):
                self.bindings[name.text()] = module
                self.bound.add(module)

    def _bind_clause(self, clause: SgNode, module: str) -> None:
        for child in clause.children():
            if child.kind() == "identifier":
                self._assign(child.text(), module)
            elif child.kind() == "namespace_import" and (name := child.find(kind="identifier")):
                self._assign(name.text(), module)
            elif child.kind() == "named_imports":
                for item in child.find_all(kind="import_specifier"):
                    name, alias = item.field("name"), item.field("alias")
                    if name is not None:
                        self._assign((alias or name).text(), f"{module}.{name.text()}")

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

    def _required(self, call: SgNode) -> str:
        argument = first_argument(call)
        text = self.constant(argument) if argument is not None else UNKNOWN
        module = clean_module(text) if text and UNKNOWN not in text else ""
        self._take(module)
        return module

    def _take(self, module: str) -> None:
        if module.startswith("."):
            self.modules.add(module)

    def _add_constant(self, node: SgNode, facts: Facts) -> None:
        raw = node.text()
        if not interesting(raw) and "\\" not in raw and not raw[1:].startswith(("http", "ws")):
            return
        add_constant(node, facts, constant=self.constant, top=_top, key_of=key_of)

    def _add_value(self, node: SgNode, facts: Facts) -> None:
        """`host: NAME`: the text that a name stands for where a host or an address is expected."""
        value = node.field("value")
        if value is not None and value.kind() in {"identifier", "member_expression", "call_expression"}:
            text = self.constant(value)
            if interesting(text):
                facts.constants.append(Constant(text, value, key_of(value)))

    def name(self, node: SgNode | None, depth: int = 0) -> str:
        """Canonical dotted name of an expression; UNKNOWN where it is none."""
        if node is None or depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in {"identifier", "this", "super"}:
            return self._identifier(node.text())
        if kind == "member_expression":
            return self._member(node.field("object"), (node.field("property") or node).text(), depth)
        if kind == "subscript_expression":
            return self._member(node.field("object"), self._index(node.field("index"), depth), depth)
        return self._compound_name(node, kind, depth)

    def _compound_name(self, node: SgNode, kind: str, depth: int) -> str:
        if kind in {"parenthesized_expression", "sequence_expression"} or kind in _TRANSPARENT:
            named = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
            last = named[-1] if kind == "sequence_expression" else named[0] if named else None
            return self.name(last, depth + 1)
        if kind == "binary_expression":
            return self.name(node.field("left"), depth + 1)
        if kind == "new_expression":
            name = self.name(node.field("constructor"), depth + 1)
            return (self._required(node) if name == "require" else "") or f"{name}()"
        if kind == "call_expression":
            return self._call_name(node, depth)
        return UNKNOWN

    def _call_name(self, node: SgNode, depth: int) -> str:
        function = node.field("function")
        if function is not None and function.kind() == "import":
            return self._required(node) or UNKNOWN
        name = self.name(function, depth + 1)
        if name in {"require", "module.require"}:
            return self._required(node) or UNKNOWN
        if name in _MAKES_REQUIRE:
            return "require"
        if _WRAPPER.search(name):
            return self.name(first_argument(node), depth + 1)
        return f"{name}()"

    def _identifier(self, text: str) -> str:
        if text in self.bindings:
            return self.bindings[text]
        return f"local:{text}" if text in self.local else text

    def _member(self, owner: SgNode | None, member: str, depth: int) -> str:
        return self._of(self.name(owner, depth + 1), member)

    def _of(self, base: str, member: str) -> str:
        """The name of a member of something named."""
        if member == "default" and base != UNKNOWN:
            return base
        if base == "fs" and member == "promises":
            return base
        return member if base in _GLOBALS else f"{base}.{member}"

    def _index(self, index: SgNode | None, depth: int) -> str:
        text = self.constant(index, depth + 1) if index is not None else UNKNOWN
        return text if UNKNOWN not in text else "[]"


def _top(node: SgNode) -> SgNode:
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


def _undefaulted(node: SgNode | None) -> SgNode | None:
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
