"""Python source read as syntax, never run: which class a name stands for, what a class or a function states.

The parser is Python's own, on a stranger's text: it is given small files only, and few of them (`Tree.python_bytes`
counts); whatever it says of a file that is no Python, too deep or too large for it, that file then tells nothing.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.formats.tree import Tree

_MAX_FILE = 256 * 1024
_MAX_ALL = 1024 * 1024
"""Bytes of Python parsed for one package; its syntax tree takes a hundred times as much memory for a moment."""
_MAX_STEPS = 6
"""From a name to its class through imports, and from a class to its base."""
_MAX_ITEMS = 500


@dataclass(slots=True)
class Module:
    """The module-level statements of one file."""

    path: str
    imports: dict[str, str] = field(default_factory=dict)
    """Local name to dotted origin; relative ones begin with dots."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """Modules of which everything is imported."""
    calls: list[ast.Call] = field(default_factory=list)

    def dotted(self, expression: ast.expr) -> str:
        """The dotted name an expression stands for, imports resolved; "" where it is no name."""
        parts: list[str] = []
        while isinstance(expression, ast.Attribute):
            parts.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name):
            return ""
        return ".".join([self.imports.get(expression.id, expression.id), *reversed(parts)])

    def call_argument(self, function: str, keyword: str) -> list[tuple[str, int]] | None:
        """The texts of a list given to a call, with their lines; None where there is no such list of constants."""
        for call in self.calls:
            if self.dotted(call.func).rpartition(".")[2] == function:
                given = next((one.value for one in call.keywords if one.arg == keyword), None)
                return _texts(self.values.get(given.id) if isinstance(given, ast.Name) else given)
        return None


@dataclass(frozen=True, slots=True)
class FoundClass:
    """A class, where it stands, and the dotted names of all its bases that lie outside the package."""

    path: str
    line: int
    bases: tuple[str, ...]
    states: dict[str, object]
    """Its attributes that are constants."""


def parse_module(tree: Tree, path: str) -> Module | None:
    """Parse a file of the tree; None where it is not there, too large or no Python."""
    file = tree.by_path.get(path)
    if file is None or file.size > _MAX_FILE or tree.python_bytes + file.size > _MAX_ALL:
        return None
    tree.python_bytes += file.size
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in texts: not ours to mend
            parsed = ast.parse(tree.root.joinpath(path).read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    module = Module(path)
    for statement in _statements(parsed.body):
        _note(module, statement)
    return module


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements an import runs: those in `try`, `if` and `with` included."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            blocks = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
            blocks += [handler.body for handler in getattr(statement, "handlers", [])]
            waiting += [inner for block in reversed(blocks) for inner in reversed(block)]


def _note(module: Module, statement: ast.stmt) -> None:
    match statement:
        case ast.Import(names=names):
            for name in names:
                module.imports[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        case ast.ImportFrom(names=names, level=level):
            start = "." * level + (statement.module or "")
            if names[0].name == "*":
                module.stars.append(start)
            for name in names:
                dot = "" if start.endswith(".") or not start else "."
                module.imports.setdefault(name.asname or name.name, f"{start}{dot}{name.name}")
        case ast.ClassDef(name=name):
            module.classes[name] = statement
        case ast.FunctionDef(name=name):
            module.functions[name] = statement
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            module.values[name] = value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            module.values[name] = value
        case ast.Expr(value=ast.Call() as call):
            module.calls.append(call)
        case _:
            pass


def class_of(tree: Tree, module: Module, name: str, steps: int = _MAX_STEPS) -> FoundClass | None:
    """The class a module-level name stands for, followed through assignments and imports within the package."""
    if steps == 0:
        return None
    if name in module.classes:
        node = module.classes[name]
        return FoundClass(module.path, node.lineno, tuple(_bases(tree, module, node, steps - 1)), constants(node.body))
    if (value := module.values.get(name)) is not None:
        if isinstance(value, ast.Name) and value.id != name:
            return class_of(tree, module, value.id, steps - 1)
        return _imported(tree, module, module.dotted(value), steps - 1)
    if name in module.imports:
        return _imported(tree, module, module.imports[name], steps - 1)
    everything = (f"{start}{'' if start.endswith('.') else '.'}{name}" for start in module.stars[:_MAX_STEPS])
    return next(filter(None, (_imported(tree, module, dotted, steps - 1) for dotted in everything)), None)


def _imported(tree: Tree, module: Module, dotted: str, steps: int) -> FoundClass | None:
    start, _, name = dotted.rpartition(".")
    path = _module_path(tree, module.path, start or dotted[: dotted.count(".")])
    other = parse_module(tree, path) if path and path != module.path else None
    return class_of(tree, other, name, steps) if other else None


def _bases(tree: Tree, module: Module, node: ast.ClassDef, steps: int) -> Iterator[str]:
    for base in node.bases[:10]:
        dotted = module.dotted(base)
        name = base.id if isinstance(base, ast.Name) else ""
        found = class_of(tree, module, name, steps) if name and name != node.name else None
        if found is None and dotted:
            found = _imported(tree, module, dotted, steps) if steps else None
        if found is not None:
            yield from found.bases
        elif dotted:
            yield dotted


def _module_path(tree: Tree, here: str, dotted: str) -> str:
    """The file of a dotted module within the package; "" where it is none of the package's."""
    level = len(dotted) - len(dotted.lstrip("."))
    name = dotted.lstrip(".").replace(".", "/")
    if level:
        folder = here.split("/")[:-level]
        starts = ["/".join(folder) + "/" if folder else ""]
    else:
        starts = ["", "src/"]
    ends = (".py", "/__init__.py") if name else ("__init__.py",)
    return next((path for start in starts for end in ends if (path := f"{start}{name}{end}") in tree), "")


def constants(body: list[ast.stmt]) -> dict[str, object]:
    """The attributes of a class that are constants, or lists and dicts of them."""
    found: dict[str, object] = {}
    for statement in body[:_MAX_ITEMS]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = literal(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = literal(value)
            case _:
                pass
    return {name: value for name, value in found.items() if value is not None}


def literal(expression: ast.expr) -> object:
    """The value of a constant expression; None where it is none. Keys of a dict are kept where its values are not."""
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        pass
    if isinstance(expression, ast.Dict):
        keys = [key.value for key in expression.keys[:_MAX_ITEMS] if isinstance(key, ast.Constant)]
        values = dict(zip(keys, map(_shallow, expression.values), strict=False))
        return {key: value for key, value in values.items() if isinstance(key, str)}
    return None


def _shallow(expression: ast.expr) -> object:
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def returned(function: ast.FunctionDef) -> tuple[object, int]:
    """The constant that a function's first plain `return` gives, with its line; (None, 0) where there is none."""
    for statement in _statements(function.body):
        if isinstance(statement, ast.Return) and statement.value is not None:
            return literal(statement.value), statement.lineno
    return None, 0


def _texts(expression: ast.expr | None) -> list[tuple[str, int]] | None:
    if not isinstance(expression, ast.List | ast.Tuple):
        return None
    items = expression.elts[: 20 * _MAX_ITEMS]
    if not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in items):
        return None
    return [
        (item.value, item.lineno) for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]
