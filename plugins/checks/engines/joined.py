"""Texts that code puts together from constants: with `+`, in templates, by `join`, next to each other, over lines."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ast_grep_py import SgRoot

from plugins.checks.engines import constants_php, names_py, shapes_js
from plugins.checks.engines.constants_js import JavaScriptConstants
from plugins.checks.engines.constants_php import PhpConstants
from plugins.checks.engines.constants_py import PythonConstants
from plugins.checks.engines.names_common import MAX_DEPTH, UNKNOWN, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ast_grep_py import SgNode

    from plugins.checks.engines.blobs import Budget

GRAMMARS = {"javascript": "javascript", "typescript": "typescript", "tsx": "tsx", "python": "python", "php": "php"}
LONGEST = 1024 * 1024
"""Characters of a file that are parsed for this; what is larger is a bundle, whose compiler has joined constants."""
MAX_TEXTS = 400
SECONDS = 3.0
"""Of processor time for one file; honest ones take a hundredth."""
LONGEST_TOKEN = 4_000
_KEYS = {"javascript": shapes_js.key_of, "python": names_py.key_of}
_SIGNS = {
    "python": re.compile(r"[\"'] *(?:\+|%|\\?\r?\n\s*[bBfFrR]?[\"'])|\+=? *[bBfF]?[\"']|\.join\(|\.format\(|[fF][\"']"
        r"|[\"'] +[\"']"),
    "php": re.compile(r"[\"'\w] *\.=? *[\"'$A-Z]|sprintf|\{?\$"),
}  # fmt: skip
_SIGN = re.compile(r"[\"'`]\s*\+|\+=?\s*[\"'`]|\$\{|\.join\(|\.concat\(|\w\s*\+\s*\w")
_PART = re.compile(r"[\"'`](?=[A-Za-z_+/=.:-]{0,40}\d)(?=[\d_+/=.:-]{0,40}[A-Za-z])[\w+/=.:-]{4,}|-----BEGIN")
"""A piece that may be part of a token: a word of letters and digits in quotes, or the start of a key."""
_TOPS = {
    "python": frozenset({"binary_operator", "parenthesized_expression", "concatenated_string", "call", "argument_list",
        "list", "attribute", "tuple"}),
    "php": frozenset({"binary_expression", "parenthesized_expression", "encapsed_string"}),
}  # fmt: skip
_JS_TOPS = frozenset({"binary_expression", "parenthesized_expression", "template_string", "template_substitution",
    "call_expression", "array", "member_expression"})  # fmt: skip
_BIND = {
    "python": ("assignment", "augmented_assignment"),
    "php": (*constants_php.KINDS, "function_call_expression"),
    "javascript": (
        "variable_declarator", "assignment_expression", "augmented_assignment_expression", "field_definition",
    ),
}  # fmt: skip
_TYPED = ("variable_declarator", "assignment_expression", "augmented_assignment_expression", "public_field_definition")
_JOINED = {
    "python": ("binary_operator", "concatenated_string", "call", "string"),
    "php": ("binary_expression", "encapsed_string", "function_call_expression"),
}
_JS_JOINED = ("binary_expression", "template_string", "call_expression")
_CALLS = re.compile(r"\.(?:join|concat|format)$|^sprintf$")
_TOKEN = re.compile(r"(?=\S{0,80}?\d)(?=\S{0,80}?[A-Za-z])\S{12,}|-----BEGIN")
"""What may hold a credential; sentences over several lines do not."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A text that stands nowhere in the file as it is, and the line where it is put together."""

    text: str
    line: int
    key: str = ""
    """The name or argument it is given to."""


def worth_parsing(text: str, language: str) -> bool:
    """Whether a file puts together anything that may be part of a token; most do not, and parsing costs."""
    if language not in GRAMMARS or len(text) > LONGEST:
        return False
    return _PART.search(text) is not None and _SIGNS.get(language, _SIGN).search(text) is not None


def joined(text: str, language: str, budget: Budget | None = None) -> list[Joined]:
    """The texts that one file puts together and does not hold as a whole, at most MAX_TEXTS.

    Asking a node for its parent costs as much as the tree is deep, so code that is made for it takes for ever: after
    SECONDS the rest is left, and counted in the budget.
    """
    end = time.process_time() + SECONDS
    grammar = GRAMMARS[language]
    family = language if language in {"python", "php"} else "javascript"
    root = SgRoot(text, grammar).root()
    bind = _BIND[family] if grammar in _BIND else _TYPED
    keep, constant = _resolver(family)
    for node in _all(root, bind):
        keep(node)
    key_of = _KEYS.get(family)
    found: dict[str, Joined] = {}
    for node in _all(root, _JOINED.get(family, _JS_JOINED)):
        if len(found) >= MAX_TEXTS or time.process_time() > end:
            if budget is not None:
                budget.beyond += 1
            break
        if not _is_top(node, _TOPS.get(family, _JS_TOPS)) or not _joins(node):
            continue
        for piece in constant(node, 0).split(UNKNOWN):
            if piece not in found and _TOKEN.search(piece) and piece not in text:
                found[piece] = Joined(piece, line_of(node), key_of(node).rpartition(":")[2] if key_of else "")
    return list(found.values())


def _resolver(family: str) -> tuple[Callable[[SgNode], None], Callable[[SgNode, int], str]]:
    """What notes the names of a file, and what works out an expression."""
    if family == "php":
        php = PhpConstants()
        return php.keep, php.constant
    if family == "python":
        python = PythonConstants()
        return lambda node: _keep_python(python, node), python.constant
    script = JavaScriptConstants(short_names=True)
    return lambda node: _keep_script(script, node), script.constant


def _keep_python(constants: PythonConstants, node: SgNode) -> None:
    give = constants.keep if node.kind() == "assignment" else constants.append
    give(node.field("left"), node.field("right"))


def _keep_script(constants: JavaScriptConstants, node: SgNode) -> None:
    kind = node.kind()
    target = node.field("left") or node.field("name") or node.field("property")
    value = node.field("right") or node.field("value")
    if target is None:
        return
    if kind == "augmented_assignment_expression":
        constants.append(target, value)
    elif kind.endswith("field_definition"):
        constants.field(target, value)
    else:
        constants.keep(target, value)


def _all(root: SgNode, kinds: Sequence[str]) -> list[SgNode]:
    alternatives: list[Any] = [{"kind": kind} for kind in kinds]
    return root.find_all(any=alternatives)


def _joins(node: SgNode) -> bool:
    """Whether an expression puts anything together; most calls do not."""
    kind = node.kind()
    if kind in {"call", "call_expression", "function_call_expression"}:
        function = node.field("function")
        return function is not None and _CALLS.search(function.text()[-12:]) is not None
    if kind == "string":
        return any(child.kind() == "interpolation" for child in node.children())
    return True


def _is_top(node: SgNode, tops: frozenset[str]) -> bool:
    """Whether no expression around it takes it in; that one is looked at instead."""
    parent = node.parent()
    for _ in range(MAX_DEPTH):
        if parent is None or parent.kind() not in tops:
            return True
        if parent.kind() not in {"parenthesized_expression", "argument_list", "template_substitution", "array", "list",
            "tuple", "attribute", "member_expression"}:  # fmt: skip
            return not _joins(parent)
        parent = parent.parent()
    return False
