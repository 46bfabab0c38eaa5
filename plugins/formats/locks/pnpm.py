"""`pnpm-lock.yaml` of the lockfileVersions 5, 6 and 9."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import PackageRefused, clean, quote
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import NPM, Locked, LockFile, scoped
from plugins.formats.locks.plain_yaml import load_plain_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KNOWN = re.compile(r"(?:5|6|7|9)(?:\.\d+)?")
_AT = re.compile(r"/?(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)@(?P<version>[^()]+)")
_SLASH = re.compile(r"/(?P<name>(?:@[^@/\s]+/)?[^@/\s]+)/(?P<version>\d[^/_()]*)")
_RUNTIME = ("dependencies", "optionalDependencies")
_SECTIONS = (*_RUNTIME, "devDependencies")
_LOCAL = ("link:", "workspace:")
_PEERS = re.compile(r"[(_].*", re.DOTALL)


def read_pnpm_lock(raw: bytes, path: str) -> LockFile:
    """Read a lock; raises PackageRefused, also for a version nobody has seen yet."""
    data, lines = load_plain_yaml(raw, path)
    version = data.get("lockfileVersion")
    if not isinstance(version, str) or not _KNOWN.fullmatch(version):
        raise PackageRefused("lockfile", f"{path} is of the unknown version {quote(version)}.")
    packages, snapshots = (_map(data, key, path) for key in ("packages", "snapshots"))
    importers = _map(data, "importers", path) or {".": data}
    variants: dict[str, list[Any]] = {}
    for key, entry in snapshots.items():
        variants.setdefault(_PEERS.sub("", key), []).append(entry)
    lock = LockFile()
    top = set(_roots(importers, _SECTIONS))
    for key, entry in packages.items():
        if len(lock.entries) > MAX_DEPENDENCIES:
            break
        name, pinned = _parts(key)
        if not isinstance(entry, dict) or not name:
            lock.add(_elsewhere(key, entry, lines))
            continue
        resolution = entry.get("resolution")
        digest = resolution.get("integrity") if isinstance(resolution, dict) else ""
        places = [entry, *variants.get(key, ())]
        address = clean(pinned, 500) if ":" in pinned or "/" in pinned else ""
        lock.add(
            Locked(
                NPM,
                name,
                "" if address else pinned,
                "runtime",
                lines.get(("packages", key), 0),
                _same(key) in top,
                integrity=clean(digest, 200),
                address=address,
                key=_same(key),
                needs=tuple(_needs(places)),
            )
        )
    lock.entries = scoped(lock.entries, _roots(importers, _RUNTIME), _roots(importers, ("devDependencies",)))
    return lock


def _map(data: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
    value = data.get(key)
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise PackageRefused("lockfile", f"{path}: {key} is no map.")
    return value


def _parts(key: str) -> tuple[str, str]:
    """Name and version of a key: `/a/1.0.0_peers`, `/a@1.0.0(peers)` or `a@1.0.0`."""
    found = _SLASH.match(key) or _AT.match(key)
    return (found["name"], found["version"]) if found else ("", "")


def _same(key: str) -> str:
    """One way to write keys, whatever the version: `a@1.0.0`."""
    name, version = _parts(key)
    return f"{name}@{version}" if name else key


def _elsewhere(key: str, entry: Any, lines: Mapping[tuple[str, ...], int]) -> Locked:
    """A package named by an address; it says its own name where it can."""
    stated = entry if isinstance(entry, dict) else {}
    name = stated.get("name") or ""
    return Locked(NPM, name, "", "runtime", lines.get(("packages", key), 0), address=clean(key, 500), key=key)


def _roots(importers: Mapping[str, Any], sections: tuple[str, ...]) -> Iterator[str]:
    """Keys of what the projects ask for themselves."""
    for project in importers.values():
        for section in sections:
            wanted = project.get(section) if isinstance(project, dict) else None
            for name, value in wanted.items() if isinstance(wanted, dict) else ():
                version = value.get("version") if isinstance(value, dict) else value
                if not str(version).startswith(_LOCAL):
                    yield _target(name, version)


def _needs(places: list[Any]) -> Iterator[str]:
    for place in places:
        for section in _RUNTIME:
            wanted = place.get(section) if isinstance(place, dict) else None
            for name, value in wanted.items() if isinstance(wanted, dict) else ():
                yield _target(name, value)


def _target(name: str, value: object) -> str:
    """The key that a name and what stands beside it lead to: a version, or for an alias a whole key."""
    text = _PEERS.sub("", value) if isinstance(value, str) else ""
    return _same(text) if text.startswith("/") or _AT.fullmatch(text) else f"{name}@{text}"
