"""Docstrings of Python files, which no interpreter runs: manuals in them show what the code does not do.

Pure; runs in the sandbox. Where it is not certain what is a docstring, or the file looks at docstrings, nothing is one.
"""

from __future__ import annotations

import ast
import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = re.compile(rb"__doc__|getdoc|get_docstring|co_consts|doctest")
"""How code gets at its own docstrings."""
_EVALUATES = re.compile(rb"\b(?<!re\.)(?:exec|eval|compile|loads|system|popen|Popen)\b")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8\b)", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|\r|\n")
_NO_LINE_END = re.compile(rb"[^\r\n]")
_MAX_BYTES = 2_000_000
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where an AST keeps statements."""


def may_run(data: bytes) -> bool:
    """Whether a file gets at docstrings, of another module too, and runs something: it could be them."""
    return READ.search(data) is not None and _EVALUATES.search(data) is not None


def blanked(data: bytes) -> bytes:
    """The file with blanks for its docstrings, so that every offset and line stays."""
    if len(data) > _MAX_BYTES or data.startswith(codecs.BOM_UTF8) or READ.search(data):
        return data
    if any(_CODING.match(line) for line in data.splitlines()[:2]):
        return data
    try:
        tree = ast.parse(data.decode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return data
    starts = [0, *(match.end() for match in _LINE_END.finditer(data))]
    bare = bytearray(data)
    for statement in _statements(tree):
        match statement:
            case ast.Expr(value=ast.Constant(value=str()) as text):
                start = starts[text.lineno - 1] + text.col_offset
                end = starts[(text.end_lineno or text.lineno) - 1] + (text.end_col_offset or 0)
                bare[start:end] = _NO_LINE_END.sub(b" ", data[start:end])
    return bytes(bare)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, and none of the expressions in them: those are most of a tree."""
    todo = [tree]
    while todo:
        node = todo.pop()
        for name in _BODIES:
            children = getattr(node, name, ())
            if isinstance(children, list):  # a lambda's body is an expression
                yield from children
                todo += children
