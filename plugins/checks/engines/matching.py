"""Match one file's facts and syntax tree against the rules: calls, imports, reads, or an ast-grep rule."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from plugins.checks.engines.names_common import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ast_grep_py import SgNode

    from plugins.checks.engines.names_common import Facts

Rule = dict[str, Any]
Hit = tuple[int, "SgNode"]
MAX_TOLD_APART = 1_500
MAX_KNOWN = 100_000
"""Names remembered before the memory is emptied."""
_SYMBOL_KINDS = frozenset(
    {
        "function_declaration",
        "function_definition",
        "method_definition",
        "method_declaration",
        "class_declaration",
        "class_definition",
    }
)


class NameIndex:
    """Looks a dotted name up among patterns with one dictionary access per component.

    `a.b` is that name, `a.*` `a` and its members, `a.**` also what is called on what those return, `*.a.b` any owner.
    """

    def __init__(self) -> None:
        self.exact: dict[str, list[int]] = defaultdict(list)
        self.prefix: dict[str, list[int]] = defaultdict(list)
        self.deep: dict[str, list[int]] = defaultdict(list)
        self.suffix: dict[str, list[int]] = defaultdict(list)
        self.known: dict[str, frozenset[int]] = {}

    def add(self, patterns: Iterable[str], rule: int) -> None:
        """Add a rule's patterns."""
        for pattern in patterns:
            if pattern.endswith(".**"):
                self.deep[pattern[:-3]].append(rule)
                self.exact[pattern[:-3]].append(rule)
            elif pattern.endswith(".*"):
                self.prefix[pattern[:-2]].append(rule)
                self.exact[pattern[:-2]].append(rule)
            elif pattern.startswith("*."):
                self.suffix[pattern[2:]].append(rule)
                if "." in pattern[2:]:
                    self.exact[pattern[2:]].append(rule)
            else:
                self.exact[pattern].append(rule)

    def find(self, name: str) -> frozenset[int]:
        """Indices of the rules that have a pattern for this name; remembered, as files name the same things."""
        found = self.known.get(name)
        if found is None:
            if len(self.known) > MAX_KNOWN:
                self.known.clear()
            found = self.known[name] = frozenset(self._find(name))
        return found

    def _find(self, name: str) -> set[int]:
        found = set(self.exact.get(name, ()))
        parts = name.split(".")
        if len(parts) > 1:
            for cut in range(1, len(parts)):
                head = ".".join(parts[:cut])
                found.update(self.deep.get(head.removesuffix("()"), ()))
                if "()" not in name:
                    found.update(self.prefix.get(head, ()))
                found.update(self.suffix.get(".".join(parts[cut:]), ()))
        return found


class RuleSet:
    """The rules of one language family, indexed."""

    def __init__(self, rules: list[tuple[int, Rule]], separator: str) -> None:
        self.conditions = {
            index: (condition(rule.get("where")), condition(rule.get("unless"))) for index, rule in rules
        }
        self.separator = separator
        self.calls, self.reads = NameIndex(), NameIndex()
        self.imports: dict[str, list[int]] = defaultdict(list)
        self.opaque: dict[str, list[int]] = defaultdict(list)
        self.patterns: list[tuple[int, Rule]] = []
        self.read_words: set[str] = set()
        for index, rule in rules:
            self._add(index, rule)

    def _add(self, index: int, rule: Rule) -> None:
        self.calls.add(rule.get("calls", ()), index)
        self.reads.add(rule.get("reads", ()), index)
        self.read_words.update(name.rpartition(".")[2] for name in rule.get("reads", ()))
        for module in rule.get("imports", ()):
            self.imports[module].append(index)
        for module in rule.get("opaque_imports", ()):
            self.opaque[module].append(index)
        if "ast" in rule:
            self.patterns.append((index, rule))

    def read_in(self, text: str) -> frozenset[str]:
        """The last words of the names that rules watch, those of them that stand in the text at all."""
        return frozenset(word for word in self.read_words if word in text)

    def match(self, root: SgNode, text: str, facts: Facts) -> list[Hit]:
        """All hits in the file, in no particular order; several rules may hit one node."""
        hits = [(rule, node) for name, node in facts.calls for rule in self.calls.find(name)]
        hits += [(rule, node) for name, node in facts.reads for rule in self.reads.find(name)]
        hits += self._imported(facts)
        hits = [(rule, node) for rule, node in hits if self._holds(rule, node)]
        asked = [(index, rule) for index, rule in self.patterns if any(word in text for word in rule["words"])]
        plain = [(index, rule) for index, rule in asked if "constraints" not in rule and "utils" not in rule]
        found = _at_once(root, plain) if len(plain) > 1 else None
        if found is None:
            found, plain = [], []
        hits += found
        alone = {index for index, _ in asked} - {index for index, _ in plain}
        for index, rule in asked:
            if index in alone:
                hits += [(index, node) for node in _find(root, rule)]
        return hits

    def _holds(self, index: int, node: SgNode) -> bool:
        where, unless = self.conditions[index]
        return (where is None or where(node)) and not (unless is not None and unless(node))

    def _imported(self, facts: Facts) -> list[Hit]:
        used = {name.partition(".")[0].removesuffix("()") for name, _ in facts.calls}
        hits = []
        for module, node in facts.imports:
            heads = self._heads(module)
            hits += [(rule, node) for head in heads for rule in self.imports.get(head, ())]
            if module not in used:
                hits += [(rule, node) for head in heads for rule in self.opaque.get(head, ())]
        return hits

    def _heads(self, module: str) -> list[str]:
        parts = module.split(self.separator)
        return [self.separator.join(parts[:cut]) for cut in range(1, len(parts) + 1)]


def _at_once(root: SgNode, rules: list[tuple[int, Rule]]) -> list[Hit] | None:
    """What several rules match, in one pass; None where so much is that telling whose it is costs more than passes."""
    nodes = root.find_all(any=[rule["ast"] for _, rule in rules])
    if len(nodes) * len(rules) > MAX_TOLD_APART:
        return None
    return [(index, node) for node in nodes for index, rule in rules if node.matches(**rule["ast"])]


def _find(root: SgNode, rule: Rule) -> list[SgNode]:
    """The nodes an ast-grep rule matches, with its constraints on metavariables and its own named rules."""
    more = {key: rule[key] for key in ("constraints", "utils") if key in rule}
    config: Any = {"rule": rule["ast"], **more}
    return root.find_all(config) if more else root.find_all(**rule["ast"])


def condition(rule: Rule | None) -> Callable[[SgNode], bool] | None:
    """A rule on a node as a function. ast-grep compiles a rule anew at every call, so the two plain forms are ours."""
    if rule is None:
        return None
    if rule.keys() == {"regex"}:
        pattern = re.compile(rule["regex"])
        return lambda node: bool(pattern.search(node.text()))
    inner = rule.get("has", {})
    if rule.keys() == {"has"} and inner.keys() == {"field", "regex"}:
        pattern, name = re.compile(inner["regex"]), inner["field"]
        return lambda node: (part := node.field(name)) is not None and bool(pattern.search(part.text()))
    return lambda node: node.matches(**rule)


def symbol_of(node: SgNode) -> str:
    """Names of the functions and classes around a node, outermost first, at most three."""
    around = [ancestor.field("name") for ancestor in node.ancestors() if ancestor.kind() in _SYMBOL_KINDS]
    names = [name.text()[:80] for name in around if name is not None]
    return ".".join(reversed(names[:3]))


def describe(hit: Hit, lines: list[str], offset: int) -> dict[str, Any]:
    """A hit as it is reported: rule, line, snippet (the whole line, or the node where lines are endless), symbol."""
    index, node = hit
    line = line_of(node)
    whole = lines[line - 1].strip() if line <= len(lines) else ""
    snippet = whole if 0 < len(whole) <= 300 else node.text()[:300]  # noqa: PLR2004 - SNIPPET_LIMIT
    return {"rule": index, "line": line + offset, "snippet": snippet, "symbol": symbol_of(node)}
