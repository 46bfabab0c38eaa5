"""Which files of an npm package get loaded: the platform's own list, `main`, `module`, `browser`, `bin`, `exports`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import Document, PackageRefused, quote
from plugins.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized

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

    Raises PackageRefused where they are endless: what is not looked at could be what gets loaded.
    """
    problems: list[Problem] = []
    entries: dict[str, None] = {}
    listed, own = list(platform), dict.fromkeys(_stated(tree, document.data))
    refuse_endless(document, [*listed, *own])
    if sum("*" in stated for stated in own) > _MAX_PATTERNS:
        message = f"{document.path} states more than {_MAX_PATTERNS} patterns of entry points."
        raise PackageRefused("too-many-entry-points", message)
    loaded = (path for stated in own for path in (_expanded(tree, stated) if "*" in stated else (stated,)))
    for stated in dict.fromkeys((*listed, *loaded)):
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


def refuse_endless(document: Document, stated: Sized) -> None:
    """Raise PackageRefused where a list of entry points is longer than anybody's."""
    if len(stated) > _MAX_ENTRIES:
        message = f"{document.path} states more than {_MAX_ENTRIES:,} entry points."
        raise PackageRefused("too-many-entry-points", message)


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
    yield from _strings(data.get("bin"))
    yield from _strings(data.get("exports"))
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
