"""Constants that a file takes from another file of the same package: one level of import, read when asked for.

Nothing outside the package's folder is opened, no link followed, and what is too large or does not parse says nothing.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any

from ast_grep_py import SgRoot

from plugins.checks.engines.constants_js import JavaScriptConstants
from plugins.checks.engines.constants_php import KINDS as PHP_KINDS
from plugins.checks.engines.constants_php import PhpConstants
from plugins.checks.engines.constants_py import PythonConstants
from plugins.checks.engines.decoding import Undecodable, decode
from plugins.checks.engines.names_common import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 256 * 1024
MAX_FILES = 2_000
"""Files that one run reads for this, each of them once."""
MAX_VALUES = 5_000
_SCRIPTS = (".js", ".ts", ".json", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts")
_GRAMMARS = {".ts": "typescript", ".tsx": "tsx", ".mts": "typescript", ".cts": "typescript"}
_SCRIPT_KINDS = ("variable_declarator", "assignment_expression", "augmented_assignment_expression", "export_statement")
_PYTHON_KINDS = ("assignment", "augmented_assignment")
_EXPORTS = ("exports.", "module.exports.", "default.", "")


class Exports:
    """What the files of one package hold under names, known by the file that asks and the module it names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.known: dict[str, dict[str, str] | None] = {}

    def script(self, asking: str, module: str, member: str) -> str:
        """The text that a script's `member` of `module` stands for; UNKNOWN where the package does not say."""
        if not module.startswith("."):
            return UNKNOWN
        base = posixpath.normpath(posixpath.join(posixpath.dirname(asking), module))
        stem = base.removesuffix(".js")  # which TypeScript writes for a file that still is .ts
        member = member.removeprefix("default.")
        for path in dict.fromkeys((base, *(base + end for end in _SCRIPTS), stem + ".ts")):
            texts = self._texts(path)
            if texts is not None:
                found = (texts.get(start + member) for start in _EXPORTS)
                return next((text for text in found if text is not None), UNKNOWN)
        return UNKNOWN

    def python(self, asking: str, module: str, member: str) -> str:
        """The same for Python: `.const`, `..pkg.const` and, where the package has it, `acme.const`."""
        for path in _python_paths(asking, module):
            texts = self._texts(path)
            if texts is not None and member in texts:
                return texts[member]
        return UNKNOWN

    def php(self, asking: str, included: str, name: str) -> str:
        """The same for what PHP includes."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(asking), included.lstrip("/")))
        return (self._texts(path) or {}).get(name, UNKNOWN)

    def _texts(self, path: str) -> dict[str, str] | None:
        """Names and texts of one file; None where there is no such file, or it cannot be read."""
        if path not in self.known:
            if len(self.known) >= MAX_FILES * len(_SCRIPTS):
                return None
            self.known[path] = self._read(path)
        return self.known[path]

    def _read(self, path: str) -> dict[str, str] | None:
        if path.startswith(("/", "..")):
            return None
        file = self.root / path
        try:
            if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST:
                return None
            text, _ = decode(file.read_bytes())
            return _constants_of(path, text)
        except (OSError, Undecodable, ValueError, RecursionError):
            return None


def _constants_of(path: str, text: str) -> dict[str, str]:
    suffix = posixpath.splitext(path)[1].lower()
    if suffix == ".json":
        return dict(_flat("", json.loads(text)))
    if suffix == ".py":
        python = PythonConstants()
        for node in _nodes(text, "python", _PYTHON_KINDS):
            give = python.keep if node.kind() == "assignment" else python.append
            give(node.field("left"), node.field("right"))
        return python.texts
    if suffix in {".php", ".inc"}:
        php = PhpConstants()
        for node in _nodes(text, "php", (*PHP_KINDS, "function_call_expression")):
            php.keep(node)
        return php.texts
    script = JavaScriptConstants(short_names=True)
    for node in _nodes(text, _GRAMMARS.get(suffix, "javascript"), _SCRIPT_KINDS):
        _keep(script, node)
    return script.texts


def _keep(script: JavaScriptConstants, node: Any) -> None:
    kind = node.kind()
    if kind == "export_statement":
        if (value := node.field("value")) is not None:
            script.give("default", value)
    elif kind == "augmented_assignment_expression":
        script.append(node.field("left"), node.field("right"))
    else:
        script.keep(node.field("left") or node.field("name"), node.field("right") or node.field("value"))


def _nodes(text: str, grammar: str, kinds: tuple[str, ...]) -> list[Any]:
    alternatives: list[Any] = [{"kind": kind} for kind in kinds]
    return list(SgRoot(text, grammar).root().find_all(any=alternatives))


def _flat(start: str, value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The texts of a JSON document by their dotted names."""
    if isinstance(value, str):
        yield start, value
    elif isinstance(value, dict) and depth < 4:  # noqa: PLR2004 - settings are not nested deeper
        for key, inner in list(value.items())[:MAX_VALUES]:
            yield from _flat(f"{start}.{key}" if start else str(key), inner, depth + 1)


def _python_paths(asking: str, module: str) -> Iterator[str]:
    dots = len(module) - len(module.lstrip("."))
    parts = [part for part in module.lstrip(".").split(".") if part]
    folder = posixpath.dirname(asking)
    if dots:
        for _ in range(dots - 1):
            folder = posixpath.dirname(folder)
        starts = [folder]
    else:
        starts = [folder, ""]
        while folder := posixpath.dirname(folder):
            starts.append(folder)
    for start in starts:
        base = posixpath.join(start, *parts) if parts else start
        yield from (f"{base}.py", posixpath.join(base, "__init__.py"))
