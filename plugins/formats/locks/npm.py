"""npm's lock files, `package-lock.json` and `npm-shrinkwrap.json`, of lockfileVersion 1 to 3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import PackageRefused, clean
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import NPM, Locked, LockFile
from plugins.formats.npm_license import npm_license

if TYPE_CHECKING:
    from plugins.documents import Document

_ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@]+)@(.+)")
_ELSEWHERE = re.compile(r"(?:git|github|gitlab|bitbucket|gist|file|ssh)(?:\+[a-z]+)?:|https?://\S+", re.IGNORECASE)
_FROM_ELSEWHERE = re.compile(r"(?:git(?:\+[a-z]+)?|ssh|file):", re.IGNORECASE)
"""Of `resolved`: any http address may be a registry of the author's own."""
_MAX_DEPTH = 50
_MODULES = "node_modules/"


def read_npm_lock(document: Document) -> LockFile:
    """Read a lock file of any version. Raises PackageRefused where it is none of npm's."""
    packages, nested = document.data.get("packages"), document.data.get("dependencies")
    lock = LockFile()
    if isinstance(packages, dict):
        _flat(document, packages, lock)
    elif isinstance(nested, dict):
        _nested(document, lock)
    elif packages is not None or nested is not None or "lockfileVersion" not in document.data:
        raise PackageRefused("lockfile", f"{document.path} holds no packages as npm writes them.")
    return lock


def _flat(document: Document, packages: dict[str, Any], lock: LockFile) -> None:
    for path, entry in packages.items():
        if len(lock.entries) > MAX_DEPENDENCIES:
            return
        if _MODULES not in path:  # the root, and workspaces
            continue
        if not isinstance(entry, dict):
            lock.unread.append(path[:100])
            continue
        if entry.get("link"):
            continue
        folder = path.rpartition(_MODULES)[2]
        resolved = clean(entry.get("resolved"), 500)
        elsewhere = bool(_FROM_ELSEWHERE.match(resolved))
        lock.add(
            Locked(
                NPM,
                entry.get("name", folder),
                "" if elsewhere else entry.get("version"),  # type: ignore[arg-type]
                _scope(entry),
                document.line("packages", path),
                path == f"{_MODULES}{folder}",
                npm_license(entry),
                clean(entry.get("integrity"), 200),
                resolved if elsewhere else "",
                path,
                tuple(_needs(path, entry, packages)),
            )
        )


def _needs(path: str, entry: dict[str, Any], packages: dict[str, Any]) -> list[str]:
    """Where each dependency of an entry lies, looked up as node does: from its own folder up to the root."""
    found = []
    for section in ("dependencies", "optionalDependencies", "peerDependencies"):
        names = entry.get(section)
        for name in list(names)[:MAX_DEPENDENCIES] if isinstance(names, dict) else ():
            folder = path
            while folder:
                if (place := f"{folder}/{_MODULES}{name}") in packages:
                    found.append(place)
                    break
                folder = folder.rpartition(f"/{_MODULES}")[0]
            else:
                found.append(f"{_MODULES}{name}")
    return found


def _nested(document: Document, lock: LockFile) -> None:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), document.data.get("dependencies"))]
    while waiting and len(lock.entries) <= MAX_DEPENDENCIES:
        place, section = waiting.pop()
        if section is None:
            continue
        if not isinstance(section, dict) or len(place) > _MAX_DEPTH:
            lock.unread.append(".".join(place)[:100] or "dependencies")
            continue
        for name, entry in section.items():
            if not isinstance(entry, dict):
                lock.unread.append(name[:100])
                continue
            keys = (*place, "dependencies", name)
            real, version = _unaliased(name, entry.get("version"))
            address = clean(version, 500) if isinstance(version, str) and _ELSEWHERE.match(version) else ""
            lock.add(
                Locked(
                    NPM,
                    real,
                    "" if address else version,
                    _scope(entry),
                    document.line(*keys),
                    not place,
                    integrity=clean(entry.get("integrity"), 200),
                    address=address,
                    key="/".join(keys),
                )
            )
            waiting.append((keys, entry.get("dependencies")))


def _unaliased(name: str, version: Any) -> tuple[str, Any]:
    match = _ALIAS.fullmatch(version) if isinstance(version, str) else None
    return (match[1], match[2]) if match else (name, version)


def _scope(entry: dict[str, Any]) -> str:
    if entry.get("inBundle") or entry.get("bundled"):
        return "bundled"
    return next((scope for scope in ("dev", "optional", "peer") if entry.get(scope)), "runtime")
