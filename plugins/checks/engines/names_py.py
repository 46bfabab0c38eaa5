"""Canonical names in Python.

`import requests as r; r.get(u)` is `requests.get`, `getattr(os, "sys" + "tem")` is `os.system`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.checks.engines.constants_py import PythonConstants
from plugins.checks.engines.names_common import (
    HOST_KEY,
    LITERAL_RULE,
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

KINDS = (
    "call",
    "import_statement",
    "import_from_statement",
    "assignment",
    "augmented_assignment",
    "function_definition",
    "as_pattern",
)
_OWNERS = frozenset({"__builtins__", "builtins", "sys.modules"})
"""What is taken from these goes by its own name."""
_FOLLOWED = frozenset({"eval", "exec", "__import__", "getattr"})
"""Built-ins that keep their meaning under a name of the file's own."""
_NAMESPACE = ".__dict__"
_THROUGH = frozenset({
    "parenthesized_expression", "interpolation", "attribute", "argument_list", "list", "tuple", "keyword_argument",
})  # fmt: skip
"""What may lie between a literal and the expression that takes it in."""
_FOLDS = frozenset({"join", "format", "strip", "rstrip", "urljoin"})
CONNECTS = frozenset({
    "connect", "create_connection", "HTTPSConnection", "HTTPConnection", "gethostbyname", "getaddrinfo", "SMTP",
    "SMTP_SSL", "FTP", "IMAP4_SSL", "get", "post", "put", "patch", "delete", "head", "request", "urlopen", "Request",
    "Client", "AsyncClient", "ClientSession", "Session", "urlretrieve", "stream",
})  # fmt: skip
"""Calls that take a host or an address."""


def questions(reads: AbstractSet[str]) -> list[dict[str, Any]]:
    """What to look for in a file: nodes that name something, and strings that may name a host."""
    asked: list[dict[str, Any]] = [{"kind": kind} for kind in KINDS]
    asked.append({"kind": "string", "regex": LITERAL_RULE})
    if reads:
        last = "|".join(sorted(map(re.escape, reads)))
        asked.append({"kind": "attribute", "has": {"field": "attribute", "regex": f"^(?:{last})$"}})
    return asked


class PythonNames:
    """Resolves one file; see JavaScriptNames."""

    def __init__(self, elsewhere: Callable[[str, str], str] | None = None) -> None:
        """`elsewhere` gives the text of a member of another module, by the module's name as it is written."""
        self.elsewhere = elsewhere
        self.origins: dict[str, tuple[str, str]] = {}
        """Names that an import gives, with the module and the member they come from."""
        self.bindings: dict[str, str] = {}
        self.local: set[str] = set()
        self.constants = PythonConstants(self._foreign if elsewhere else None)
        self.constant = self.constants.constant

    def facts(self, nodes: list[SgNode]) -> Facts:
        """Go through the nodes of KINDS, in the order of the document, once to bind and once to name."""
        facts = Facts()
        for node in nodes:
            self._bind(node, facts)
        for node in nodes:
            self._name(node, facts)
        return facts

    def _bind(self, node: SgNode, facts: Facts) -> None:
        kind = node.kind()
        if kind in {"import_statement", "import_from_statement"}:
            self._bind_import(node, facts)
        elif kind == "assignment":
            self._assign(node.field("left"), self.name(node.field("right")))
            self.constants.keep(node.field("left"), node.field("right"))
        elif kind == "augmented_assignment":
            self.constants.append(node.field("left"), node.field("right"))
        elif kind == "as_pattern":
            target = node.find(kind="as_pattern_target")
            self._assign(target.child(0) if target else None, self.name(node.child(0)))
        elif kind == "function_definition" and (name := node.field("name")) and not _indented(node):
            self.local.add(name.text())

    def _assign(self, target: SgNode | None, name: str) -> None:
        known = ("." in name or name in _FOLLOWED) and UNKNOWN not in name
        if target is not None and target.kind() == "identifier" and known:
            self.bindings.setdefault(target.text(), name)

    def _bind_import(self, node: SgNode, facts: Facts) -> None:
        source = node.field("module_name")
        prefix = f"{source.text()}." if source is not None else ""
        if source is not None:
            facts.imports.append((source.text(), node))
        for item in node.field_children("name"):
            aliased = item.kind() == "aliased_import"
            name = ((item.field("name") or item) if aliased else item).text()
            alias = item.field("alias") if aliased else None
            given = alias.text() if alias is not None else name
            self.origins[given] = (source.text(), name) if source is not None else (name, "")
            facts.imports.append((prefix + name, node))
            if alias is not None or prefix:
                self.bindings[alias.text() if alias is not None else name] = prefix + name

    def _name(self, node: SgNode, facts: Facts) -> None:
        kind = node.kind()
        if kind == "string":
            self._add_constant(node, facts)
        elif kind == "call":
            name = self.name(node.field("function"))
            if name in {"__import__", "importlib.import_module"} and (module := self._first_constant(node)):
                facts.imports.append((module, node))
            facts.calls.append((name, node))
            if name.rpartition(".")[2] in CONNECTS:
                self._add_values(node, facts)
        elif kind == "attribute":
            facts.reads.append((self.name(node), node))

    def _first_constant(self, call: SgNode) -> str:
        argument = first_argument(call)
        text = self.constant(argument) if argument is not None else UNKNOWN
        return "" if UNKNOWN in text else text

    def _add_constant(self, node: SgNode, facts: Facts) -> None:
        raw = node.text()
        if not interesting(raw) and "\\" not in raw:
            return
        add_constant(node, facts, constant=self.constant, top=_top, key_of=key_of)

    def _add_values(self, call: SgNode, facts: Facts) -> None:
        """`connect(HOST)` and `get(url=ADDRESS)`: what a name stands for where a host or an address is expected."""
        for argument in arguments_of(call)[:6]:
            named = argument.kind() == "keyword_argument"
            if named and not ((key := argument.field("name")) and HOST_KEY.match(key.text())):
                continue
            value = argument.field("value") if named else argument
            if value is not None and value.kind() in {"identifier", "attribute"}:
                text = self.constant(value)
                if interesting(text):
                    facts.constants.append(Constant(text, value, key_of(value)))

    def _foreign(self, text: str) -> str:
        """What a name stands for that another file of the package gives: `BASE`, `const.BASE`."""
        head, _, rest = text.partition(".")
        if self.elsewhere is None or head not in self.origins:
            return UNKNOWN
        module, member = self.origins[head]
        if not rest:
            return self.elsewhere(module, member) if member else UNKNOWN
        inner = f"{module}{'' if module.endswith('.') or not member else '.'}{member}"
        return self.elsewhere(inner, rest)

    def name(self, node: SgNode | None, depth: int = 0) -> str:  # noqa: PLR0911 - one line a kind of node
        """Canonical dotted name of an expression; UNKNOWN where it is none."""
        if node is None or depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind == "identifier":
            text = node.text()
            return self.bindings.get(text) or (f"local:{text}" if text in self.local else text)
        if kind == "attribute":
            return self._member(node.field("object"), (node.field("attribute") or node).text(), depth)
        if kind == "call":
            return self._call_name(node, depth)
        if kind in {"await", "parenthesized_expression"}:
            return self.name(node.child(1), depth + 1)
        if kind == "subscript":
            return self._item(node, depth)
        return UNKNOWN

    def _member(self, owner: SgNode | None, member: str, depth: int) -> str:
        base = self.name(owner, depth + 1)
        return member if base in _OWNERS and member != "[]" else f"{base}.{member}"

    def _item(self, node: SgNode, depth: int) -> str:
        """`sys.modules["os"]` is `os`, and `os.__dict__["system"]` is `os.system`; other items have no name."""
        base, key = self.name(node.field("value"), depth + 1), node.field("subscript")
        text = self.constant(key, depth + 1) if key is not None else UNKNOWN
        if not text or UNKNOWN in text:
            return f"{base}.[]"
        if base in _OWNERS or base == "globals()":
            return text
        return f"{base.removesuffix(_NAMESPACE)}.{text}" if base.endswith(_NAMESPACE) else f"{base}.[]"

    def _call_name(self, node: SgNode, depth: int) -> str:
        name = self.name(node.field("function"), depth + 1)
        if name in {"__import__", "importlib.import_module"}:
            return self._first_constant(node) or UNKNOWN
        if name == "getattr" and (arguments := node.field("arguments")):
            named = [child for child in arguments.children() if child.is_named()]
            if len(named) > 1:
                member = self.constant(named[1])
                return self._member(named[0], "[]" if UNKNOWN in member else member, depth)
        if name == "vars" and (argument := first_argument(node)) is not None:
            return self.name(argument, depth + 1) + _NAMESPACE
        return f"{name}()"


def _top(node: SgNode) -> SgNode:
    return topmost(node, _THROUGH, _folds)


def _folds(node: SgNode) -> bool:
    """Whether an expression puts texts together: `+`, `%`, f-strings, `join`, `format`, `urljoin`."""
    kind = node.kind()
    if kind == "binary_operator":
        return adds(node) or adds(node, "%")
    if kind == "call":
        function = node.field("function")
        return function is not None and function.text()[-60:].rpartition(".")[2] in _FOLDS
    return kind in {"concatenated_string", "string"}


def _indented(definition: SgNode) -> bool:
    """Whether a function is a method, or of another function's own: no global of its name is hidden by it."""
    return definition.range().start.column > 0


def key_of(node: SgNode) -> str:
    """The keyword, key or variable a value is given to; `expression statement` for a docstring; "" where none."""
    current = node
    for _ in range(4):
        parent = current.parent()
        if parent is None:
            return ""
        kind = parent.kind()
        if kind == "expression_statement":
            return "expression statement"
        if kind == "call" and (function := parent.field("function")):
            return "call:" + function.text()[-200:].rpartition(".")[2]
        if kind in {"pair", "keyword_argument", "assignment"}:
            target = parent.field("key") or parent.field("name") or parent.field("left")
            return target.text().rpartition(".")[2].strip("'\"")[:80] if target else ""
        current = parent
    return ""
