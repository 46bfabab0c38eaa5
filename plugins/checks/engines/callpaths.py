"""Which places of a Python file one run can come by together: the same function, or functions one of which leads there.

A name that is mentioned counts as a call, whatever it stands for, so that no indirection hides a path: too many places
meet rather than too few. Pure; runs in the sandbox.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = 0
"""What runs when the module is imported."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAX_BYTES = 500_000
_LINE_END = re.compile(rb"\r\n|\r|\n")
"""What Python takes for the end of a line."""
_MAX_SCOPES = 1000


class CallPaths:
    """The scopes of a file (its top level and each function), and who leads to whom."""

    def __init__(self, data: bytes) -> None:
        """Raises ValueError where the file cannot be read as Python: then nothing is known."""
        if len(data) > _MAX_BYTES:
            raise ValueError("too large")
        try:
            tree = ast.parse(data)
        except (SyntaxError, RecursionError, MemoryError) as problem:
            raise ValueError("no Python") from problem
        self._lines = [0, *(match.end() for match in _LINE_END.finditer(data))]
        self._spans: list[tuple[int, int]] = [(1, len(self._lines) + 1)]
        self._names: list[set[str]] = [set()]
        self._bound: dict[str, set[int]] = defaultdict(set)
        try:
            self._walk(tree, ROOT, ())
        except RecursionError as problem:
            raise ValueError("too deep") from problem
        if len(self._spans) > _MAX_SCOPES:
            raise ValueError("too many functions")
        self._reached = [self._reach(scope) for scope in range(len(self._spans))]

    def any_meet(self, some: Iterable[int], others: Iterable[int]) -> bool:
        """Whether a run can come by one of some offsets and one of others: some scope leads to both."""
        first, second = ({self._scope(offset) for offset in offsets} for offsets in (some, others))
        return any(reached & first and reached & second for reached in self._reached)

    def _scope(self, offset: int) -> int:
        line = bisect_right(self._lines, offset)
        within = [scope for scope, (start, end) in enumerate(self._spans) if start <= line <= end]
        return within[-1]  # the innermost: scopes are listed from the outside in

    def _walk(self, node: ast.AST, scope: int, classes: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            inside, around = scope, classes
            if isinstance(child, _FUNCTIONS):
                self._spans.append((child.lineno, child.end_lineno or child.lineno))
                self._names.append(set())
                inside = len(self._spans) - 1
                for name in (child.name, *classes):
                    self._bound[name].add(inside)
            elif isinstance(child, ast.ClassDef):
                around = (*classes, child.name)
            self._mention(child, inside)
            self._walk(child, inside, around)

    def _mention(self, node: ast.AST, scope: int) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if scope == ROOT:
                self._bound[name].add(ROOT)  # who uses what the top level made, depends on the top level
            case ast.Name(id=name) | ast.Attribute(attr=name):
                self._names[scope].add(name)
            case ast.Constant(value=str(name)) if name.isidentifier():
                self._names[scope].add(name)

    def _reach(self, start: int) -> frozenset[int]:
        seen, todo = {start}, [start]
        while todo:
            for name in self._names[todo.pop()]:
                fresh = self._bound.get(name, set()) - seen
                seen |= fresh
                todo += [scope for scope in fresh if scope != ROOT]
        return frozenset(seen)
