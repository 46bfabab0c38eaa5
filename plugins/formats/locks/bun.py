"""`bun.lock`, the text lock of bun 1.2 and later: JSON with trailing commas, lockfileVersion 0 and 1.

Source: https://bun.sh/reference/bun/BunLockFile. A package is a list whose first item is `name@version`, or `name@` and
where it comes from; of one from a registry the last item is the digest. `bun.lockb`, the binary form, is not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import PackageRefused, clean, decode, load_json, quote
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import NPM, Locked, LockFile, scoped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KNOWN = frozenset({0, 1})
_TRAILING = re.compile(r'("(?:[^"\\\n]|\\.)*+")|,(?=\s*[}\]])')
_IDENT = re.compile(r"(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)@(?P<where>.+)", re.DOTALL)
_PART = re.compile(r"(?:@[^/]+/)?[^/]+")
_OWN = ("workspace:", "root:", "link:")
"""Parts of the project itself."""
_RUNTIME = ("dependencies", "optionalDependencies")
_NEEDED = (*_RUNTIME, "peerDependencies")
_DEVELOPMENT = ("devDependencies",)


def read_bun_lock(raw: bytes, path: str) -> LockFile:
    """Read a lock; raises PackageRefused, also for a version nobody has seen yet."""
    text = _TRAILING.sub(lambda found: found[1] or "", decode(raw, path))
    document = load_json(text.encode(), path)
    data = document.data if isinstance(document.data, dict) else {}
    version, packages, workspaces = (data.get(key) for key in ("lockfileVersion", "packages", "workspaces"))
    if not isinstance(version, int) or version not in _KNOWN:
        raise PackageRefused("lockfile", f"{path} is of the unknown version {quote(version)}.")
    if not isinstance(packages, dict) or not isinstance(workspaces, dict):
        raise PackageRefused("lockfile", f"{path} holds no packages as bun writes them.")
    lock, tops = LockFile(), set(_roots(workspaces, (*_RUNTIME, *_DEVELOPMENT), packages))
    for key, entry in packages.items():
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        ident = entry[0] if isinstance(entry, list) and entry else None
        found = _IDENT.fullmatch(ident) if isinstance(ident, str) else None
        if found is None:
            lock.unread.append(key[:100])
        elif not found["where"].startswith(_OWN):
            lock.add(_entry(key, entry, found, packages, line=document.line("packages", key), top=key in tops))
    lock.entries = scoped(
        lock.entries, _roots(workspaces, _RUNTIME, packages), _roots(workspaces, _DEVELOPMENT, packages)
    )
    return lock


def _entry(
    key: str, entry: list[Any], found: re.Match[str], packages: Mapping[str, Any], *, line: int, top: bool
) -> Locked:
    registry = re.match(r"\d+\.\d+\.\d+", found["where"]) is not None
    info = next((item for item in entry[1:] if isinstance(item, dict)), {})
    return Locked(
        NPM,
        found["name"],
        found["where"] if registry else "",
        line=line,
        top_level=top,
        integrity=clean(entry[-1], 200) if registry and len(entry) > 1 else "",
        address="" if registry else clean(found["where"], 500),
        key=key,
        needs=tuple(_resolved(key, name, packages) for name in _names(info, _NEEDED)),
    )


def _roots(workspaces: Mapping[str, Any], sections: tuple[str, ...], packages: Mapping[str, Any]) -> Iterator[str]:
    """Keys of what the projects ask for themselves, but for each other."""
    for project in workspaces.values():
        own = clean(project.get("name"), 300) if isinstance(project, dict) else ""
        for name in _names(project, sections):
            key = _resolved(own, name, packages)
            entry = packages.get(key)
            ident = entry[0] if isinstance(entry, list) and entry else ""
            if not (isinstance(ident, str) and ident.removeprefix(f"{name}@").startswith(_OWN)):
                yield key


def _names(holder: Any, sections: tuple[str, ...]) -> Iterator[str]:
    for section in sections:
        wanted = holder.get(section) if isinstance(holder, dict) else None
        yield from list(wanted)[:MAX_DEPENDENCIES] if isinstance(wanted, dict) else ()


def _resolved(key: str, name: str, packages: Mapping[str, Any]) -> str:
    """The key of what a package needs: the nearest one, from its own place up to the top, as node looks."""
    places = _PART.findall(key)
    for depth in range(len(places), 0, -1):
        if (nested := "/".join((*places[:depth], name))) in packages:
            return nested
    return name
