"""`deno.lock` of the versions 2 to 5: packages of npm and of JSR, and modules loaded from addresses.

Source: https://docs.deno.com/runtime/fundamentals/modules/#integrity-checking-and-lock-files, and locks of public
repositories. Version 2 and 3 keep packages one level deeper than later ones. Modules under one address that names a
version are one entry; those of the usual mirrors of npm are packages of npm.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plugins.documents import PackageRefused, clean, quote
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import ADDRESS, JSR, NPM, Locked, LockFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.documents import Document

_KNOWN = frozenset({"2", "3", "4", "5"})
_KEY = re.compile(r"(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)@(?P<version>[^_\s]+)(?:_.*)?", re.DOTALL)
"""`name@version`, and in npm's part what peers it was resolved with."""
_VERSIONED = re.compile(r"(?P<name>[^@?#]*[^@/?#])@(?P<version>[^/?#]+)")
_REGISTRY = re.compile(r"(npm|jsr):(.+)", re.DOTALL)
_REGISTRIES = {"npm": NPM, "jsr": JSR}
_MIRRORED = re.compile(
    r"https://(?:esm\.sh|unpkg\.com|cdn\.skypack\.dev|cdn\.jsdelivr\.net/npm)/(?:(?:v\d+|stable|-)/)*"
    r"(?P<name>(?:@[^@/\s?#]+/)?[^@/\s?#]+)@v?(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)(?=[/?#&-]|$)"
)


def read_deno_lock(document: Document) -> LockFile:
    """Read a lock; raises PackageRefused, also for a version nobody has seen yet."""
    data, path = document.data, document.path
    version = data.get("version")
    if not isinstance(version, str) or version not in _KNOWN:
        raise PackageRefused("lockfile", f"{path} is of the unknown version {quote(version)}.")
    lock = LockFile()
    for ecosystem, keys in _places(version):
        for key, entry in _section(document, keys).items():
            if len(lock.entries) > MAX_DEPENDENCIES:
                return lock
            lock.add(_packaged(ecosystem, key, entry, document.line(*keys, key)))
    lock.entries = _joined(lock.entries)
    known: set[str] = set()
    for address in _section(document, ("remote",)):
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        entry = _module(address, document.line("remote", address))
        if entry.known_as not in known:
            known.add(entry.known_as)
            lock.add(entry)
    return lock


def _places(version: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where each registry's packages stand."""
    if version == "2":
        return ((NPM, ("npm", "packages")),)
    if version == "3":
        return ((NPM, ("packages", "npm")), (JSR, ("packages", "jsr")))
    return ((NPM, ("npm",)), (JSR, ("jsr",)))


def _section(document: Document, keys: tuple[str, ...]) -> dict[str, Any]:
    place: dict[str, Any] = document.data
    for key in keys:
        value = place.get(key, {})
        if not isinstance(value, dict):
            raise PackageRefused("lockfile", f"{document.path}: {key} is no object.")
        place = value
    return place


def _joined(entries: list[Locked]) -> list[Locked]:
    """The entries with the keys of what they need; a name alone means the only version of that package."""
    keys = {entry.key for entry in entries}
    versions: dict[str, list[str]] = {}
    for entry in entries:
        versions.setdefault(f"{entry.ecosystem}:{entry.name}", []).append(entry.key)

    def resolved(needs: tuple[str, ...]) -> Iterator[str]:
        for need in needs:
            name = f"{need[0]}{need[1:].rpartition('@')[0] or need[1:]}"
            only = versions.get(need) or versions.get(name) or []
            yield from [need] if need in keys else only if len(only) == 1 else []

    return [replace(entry, needs=tuple(resolved(entry.needs))) for entry in entries]


def _packaged(ecosystem: str, key: str, entry: Any, line: int) -> Locked:
    found = _KEY.fullmatch(key)
    stated = entry if isinstance(entry, dict) else {}
    digest = clean(stated.get("integrity"), 200)
    return Locked(
        ecosystem,
        found["name"] if found else "",
        found["version"] if found else "",
        line=line,
        integrity=f"sha256:{digest}" if ecosystem == JSR and digest else digest,
        key=f"{ecosystem}:{key}",
        needs=tuple(_needs(ecosystem, stated)),
    )


def _needs(ecosystem: str, entry: dict[str, Any]) -> Iterator[str]:
    """Names of what a package needs, with or without versions, and in JSR's part with the registry before them.

    They are values of a map in npm's part before version 4, else a list.
    """
    wanted = entry.get("dependencies")
    values = wanted.values() if isinstance(wanted, dict) else wanted if isinstance(wanted, list) else ()
    for value in values:
        if isinstance(value, str):
            found = _REGISTRY.fullmatch(value)
            yield f"{_REGISTRIES[found[1]]}:{found[2]}" if found else f"{ecosystem}:{value}"


def _module(address: str, line: int) -> Locked:
    """A module that is loaded from an address, under the package or the folder that names a version."""
    if mirrored := _MIRRORED.match(address):
        return Locked(NPM, mirrored["name"], mirrored["version"], line=line)
    parts = _parts(address)
    found = _VERSIONED.match(parts)
    shown = clean(found[0] if found else parts.partition("/")[0], 200)
    return Locked(ADDRESS, shown, "", line=line, address=clean(address, 500), key=f"address:{shown}")


def _parts(address: str) -> str:
    try:
        split = urlsplit(address)
    except ValueError:
        return ""
    return f"{split.hostname or ''}{split.path}"
