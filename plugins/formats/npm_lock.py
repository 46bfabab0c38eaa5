"""npm's lock files, `package-lock.json` and `npm-shrinkwrap.json`, of lockfileVersion 1 to 3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from plugins.formats.identity import MAX_DEPENDENCIES, is_npm_name, is_semver
from plugins.formats.npm_license import npm_license

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.documents import Document

_ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@]+)@(.+)")
_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Locked:
    """One package a lock file pins."""

    name: str
    version: str
    scope: str
    line: int
    top_level: bool
    """Whether it lies directly under the root's `node_modules`, where the root's own requirements resolve to."""
    license: str = ""


def read_lock(document: Document) -> list[Locked]:
    """Read a lock file of any version; those without valid name and version are left out."""
    packages = document.data.get("packages")
    entries = _flat(document, packages) if isinstance(packages, dict) else _nested(document)
    few = islice(entries, MAX_DEPENDENCIES + 1)
    return [one for one in few if is_npm_name(one.name) and is_semver(one.version)]


def _flat(document: Document, packages: dict[str, Any]) -> Iterator[Locked]:
    for path, entry in packages.items():
        if "node_modules/" not in path or not isinstance(entry, dict) or entry.get("link"):
            continue
        folder = path.rpartition("node_modules/")[2]
        name, version = entry.get("name", folder), entry.get("version")
        line = document.line("packages", path)
        top_level = path == f"node_modules/{folder}"
        yield Locked(name, version, _scope(entry), line, top_level, npm_license(entry))  # type: ignore[arg-type]


def _nested(document: Document) -> Iterator[Locked]:
    waiting = [((), document.data.get("dependencies"))]
    while waiting:
        place, section = waiting.pop()
        if not isinstance(section, dict) or len(place) > _MAX_DEPTH:
            continue
        for name, entry in section.items():
            if not isinstance(entry, dict):
                continue
            keys = (*place, "dependencies", name)
            real, version = _unaliased(name, entry.get("version"))
            yield Locked(real, version, _scope(entry), document.line(*keys), not place)
            waiting.append((keys, entry.get("dependencies")))  # type: ignore[arg-type]


def _unaliased(name: str, version: Any) -> tuple[str, Any]:
    match = _ALIAS.fullmatch(version) if isinstance(version, str) else None
    return (match[1], match[2]) if match else (name, version)


def _scope(entry: dict[str, Any]) -> str:
    if entry.get("inBundle") or entry.get("bundled"):
        return "bundled"
    return next((scope for scope in ("dev", "optional", "peer") if entry.get(scope)), "runtime")
