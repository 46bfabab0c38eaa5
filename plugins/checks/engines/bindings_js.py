"""What the names of a JavaScript file stand for: imports, aliases, patterns, and canonical names of expressions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.checks.engines.constants_js import JavaScriptConstants
from plugins.checks.engines.names_common import (
    MAX_DEPTH,
    UNKNOWN,
    Facts,
    first_argument,
)
from plugins.checks.engines.shapes_js import clean_module, undefaulted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

    Elsewhere = Callable[[str, str], str]

FIELD_KINDS = ("public_field_definition", "field_definition")
"""Of a class; the grammars of TypeScript and of JavaScript each have one of them."""

_GLOBALS = frozenset({"globalThis", "window", "global", "self", "top", "frames"})
_WRAPPER = re.compile(r"(?:^|\.)(?:__importDefault|__importStar|__toESM|_?_?interop\w*|__toModule|promisify)$")
_TRANSPARENT = frozenset({"await_expression", "non_null_expression", "as_expression", "satisfies_expression"})
_FOLLOWED = frozenset({"require", "eval", "Function", "fetch", "process"})
"""Globals that keep their meaning under a name of the file's own: `const e = eval`, `const {env} = process`."""
_REQUIRED = re.compile(r"require\(\s*[\"'](\.[^\"']+)[\"']\s*\)\.?([\w.$]*)$")
_MAKES_REQUIRE = frozenset({"module.createRequire", "module.Module.createRequire"})


class JavaScriptBindings:
    """What is bound in one file. `short_names` False: one- and two-letter names of minified code are not trusted."""

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

    def bind(self, node: SgNode, facts: Facts) -> None:
        """Take in what a node binds; `facts` gets the modules it imports."""
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
            value, key = undefaulted(value), undefaulted(key)
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

    def _required(self, call: SgNode) -> str:
        argument = first_argument(call)
        text = self.constant(argument) if argument is not None else UNKNOWN
        module = clean_module(text) if text and UNKNOWN not in text else ""
        self._take(module)
        return module

    def _take(self, module: str) -> None:
        if module.startswith("."):
            self.modules.add(module)

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
