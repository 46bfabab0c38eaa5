"""Which files of an npm package get loaded: the platform's own list, `main`, `module`, `browser`, `bin`, `exports`."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from plugins.documents import Document, PackageRefused, quote
from plugins.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.formats.tree import Tree

_TRIED = ("", ".js", ".json", ".node", "/index.js", "/index.json", "/index.node")
"""Node's own order, see "require(X) from module at path Y" in its documentation of CommonJS modules."""
_TYPES_ONLY = {"types", "typings"}
_MAX_ENTRIES = 2000
_MAX_PATTERNS = 100


def read_entry_points(
    tree: Tree, document: Document, platform: Iterable[str]
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Give the paths loaded, resolved where they exist, and problems for those that don't or that lead outside.

    Raises PackageRefused where the platform's list is endless.
    """
    problems: list[Problem] = []
    entries: dict[str, None] = {}
    listed = list(platform)
    if len(listed) > _MAX_ENTRIES:
        message = f"{document.path} lists more than {_MAX_ENTRIES:,} files for the platform to load."
        raise PackageRefused("too-many-entry-points", message)
    candidates = [*listed, *islice(_stated(tree, document.data), _MAX_ENTRIES + 1)]
    if len(candidates) > _MAX_ENTRIES:
        message = "The manifest states thousands of entry points; only the first are listed."
        problems.append(Problem("entry-points-too-many", message, document.path))
    for stated in candidates:
        path = normalise(stated)
        if path is None:
            message = f"The entry point {quote(stated)} lies outside the package."
            problems.append(Problem("entry-point-outside", message, document.path))
            continue
        found = next((path + suffix for suffix in _TRIED if path + suffix in tree), None)
        if found is None:
            message = f"The entry point {quote(stated)} is not in the package."
            problems.append(Problem("entry-point-missing", message, document.path))
        entries[found or path] = None
    return tuple(path for path in entries if path and not path.endswith(".json")), tuple(dict.fromkeys(problems))


def normalise(stated: str) -> str | None:
    """Make a manifest's path relative and plain; None where it leads outside the package."""
    if stated.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", stated):
        return None
    parts: list[str] = []
    for part in stated.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _stated(tree: Tree, data: dict[str, Any]) -> Iterator[str]:
    yield from (data[key] for key in ("main", "module", "browser") if isinstance(data.get(key), str) and data[key])
    binaries = data.get("bin")
    yield from _strings(binaries)
    patterns = 0
    for target in _strings(data.get("exports")):
        patterns += "*" in target
        yield from _expanded(tree, target) if "*" in target and patterns <= _MAX_PATTERNS else (target,)
    if not data.get("main") and not data.get("exports") and "index.js" in tree:
        yield "index.js"


def _strings(value: Any) -> Iterator[str]:
    """Give every text in a nested value but those for type checkers; depth is limited by the loader."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _TYPES_ONLY:
                yield from _strings(item)


def _expanded(tree: Tree, target: str) -> list[str]:
    """Give the files an `exports` pattern lets in; only those node would run."""
    plain = normalise(target)
    if plain is None:
        return [target]
    start, _, rest = plain.partition("*")
    end = rest.rpartition("*")[2]
    code = (file.path for file in tree.files if file.language in {"javascript", "typescript"})
    return [path for path in code if path.startswith(start) and path.endswith(end)]
