"""Find the lock files of a package, read them, and join them with what its manifest asks for.

Not every lock binds. npm heeds `npm-shrinkwrap.json` in a published package and no other lock, and pip heeds none: who
installs the package gets other versions. What such a lock holds is of the scope `locked`: the versions it was built and
tested with. Where nothing installs the package by name (a plain archive, say), a lock is what will be installed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from plugins.documents import PackageRefused, quote
from plugins.formats.identity import MAX_DEPENDENCIES, too_many_dependencies
from plugins.formats.locks.npm import read_npm_lock
from plugins.formats.locks.pnpm import read_pnpm_lock
from plugins.formats.locks.python import PYLOCK, read_pipfile_lock, read_toml_lock
from plugins.formats.locks.yarn import read_yarn_lock
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugins.formats.locks.model import Locked, LockFile
    from plugins.formats.tree import Tree
    from plugins.package import Package

SHRINKWRAP = "npm-shrinkwrap.json"
_NPM = (SHRINKWRAP, "package-lock.json")
_TOML = ("poetry.lock", "uv.lock", "pdm.lock")
_UNKNOWN = ("bun.lock", "bun.lockb", "deno.lock")
_NAMES = frozenset({*_NPM, *_TOML, *_UNKNOWN, "yarn.lock", "pnpm-lock.yaml", "Pipfile.lock"})
_NOT_OURS = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|vendor|_vendor|tests?|__tests__|fixtures?|examples?|docs?)/"
)
"""Folders whose lock files are about something else: a dependency's own build, a test's material."""
_MAX_LOCKS = 20
_INSTALLED_BY_NAME = ("pkg:npm/", "pkg:pypi/")
_BUNDLED_FORMATS = frozenset({"budibase-plugin"})
"""Packages with an npm name that the platform unpacks, and never hands to npm."""
_SHIPPED = ("runtime", "optional", "peer")
_RUNTIME = ("dependencies", "optionalDependencies")
_STATED = (*_RUNTIME, "devDependencies", "peerDependencies")


def with_locks(tree: Tree, package: Package) -> Package:
    """The package with what its lock files say; one that cannot be read is a Problem. Raises PackageRefused."""
    problems: list[Problem] = []
    paths = [file.path for file in tree.files if _is_lock(file.path) and not _NOT_OURS.search(file.path)]
    if any(path.rpartition("/")[0] == "" and path == SHRINKWRAP for path in paths):
        paths = [path for path in paths if path != "package-lock.json"]  # npm itself reads only the first
    unread = f"The package holds more than {_MAX_LOCKS} lock files, and this one is not read."
    problems += [Problem("lockfile-unreadable", unread, path) for path in paths[_MAX_LOCKS:]]
    dependencies = list(package.dependencies)
    for path in paths[:_MAX_LOCKS]:
        if lock := _read(tree, path, problems):
            bound = path == SHRINKWRAP or not _by_name(package)
            dependencies = _joined(dependencies, lock.entries, path, bound=bound)
        if len(dependencies) > MAX_DEPENDENCIES:
            raise too_many_dependencies("The package")
    return replace(package, dependencies=tuple(dependencies), problems=(*package.problems, *problems))


def _is_lock(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in _NAMES or bool(PYLOCK.fullmatch(name))


def _by_name(package: Package) -> bool:
    return package.purl.startswith(_INSTALLED_BY_NAME) and package.format not in _BUNDLED_FORMATS


def _read(tree: Tree, path: str, problems: list[Problem]) -> LockFile | None:
    try:
        lock = _read_one(tree, path)
    except PackageRefused as refusal:
        problems.append(Problem("lockfile-unreadable", str(refusal), path))
        return None
    if lock.unread:
        message = (
            f"{len(lock.unread)} of its entries state no usable name and version, first {quote(lock.unread[0])}, "
            "so that nobody knows what they install."
        )
        problems.append(Problem("lockfile-unreadable", message, path))
    return lock


def _read_one(tree: Tree, path: str) -> LockFile:
    folder, _, name = path.rpartition("/")
    if name in _NPM:
        return read_npm_lock(tree.json_object(path))
    raw = tree.read(path)
    if name == "yarn.lock":
        manifest = f"{folder}/package.json" if folder else "package.json"
        stated = tree.json_object(manifest).data if manifest in tree else {}
        return read_yarn_lock(raw, path, _wanted(stated, _RUNTIME), _wanted(stated, _STATED))
    if name == "pnpm-lock.yaml":
        return read_pnpm_lock(raw, path)
    if name == "Pipfile.lock":
        return read_pipfile_lock(raw, path)
    if name in _UNKNOWN:
        raise PackageRefused("lockfile", f"Lock files of the kind {name} are not read, so nobody knows what is in it.")
    return read_toml_lock(raw, path)


def _wanted(manifest: Mapping[str, object], sections: Iterable[str]) -> dict[str, str]:
    """What a manifest asks for, as written: aliases are not undone, since a lock names them so."""
    found: dict[str, str] = {}
    for section in sections:
        asked = manifest.get(section)
        for name, requirement in asked.items() if isinstance(asked, dict) else ():
            if isinstance(requirement, str):
                found.setdefault(name, requirement)
    return found


def _joined(dependencies: list[Dependency], entries: list[Locked], path: str, *, bound: bool) -> list[Dependency]:
    """Stated dependencies, pinned where the lock binds, and the lock's other entries, each name and version once."""
    names = {entry.known_as: f"{entry.name}@{entry.version}" for entry in entries}
    stated = {(one.ecosystem, one.name) for one in dependencies if one.direct}
    tops = {(one.ecosystem, one.name): one for one in entries if one.top_level or one.ecosystem == "PyPI"}
    result = [
        _pinned(one, tops[one.ecosystem, one.name], names, bound=bound)
        if one.direct and (one.ecosystem, one.name) in tops
        else one
        for one in dependencies
    ]
    known = {(one.ecosystem, one.name, one.pinned, one.scope) for one in dependencies}
    for entry in entries:
        if (entry.top_level or entry.ecosystem == "PyPI") and (entry.ecosystem, entry.name) in stated:
            continue
        one = _dependency(entry, path, names, bound=bound)
        if (key := (one.ecosystem, one.name, one.pinned, one.scope)) not in known or not one.pinned:
            known.add(key)
            result.append(one)
    return result


def _pinned(one: Dependency, entry: Locked, names: Mapping[str, str], *, bound: bool) -> Dependency:
    """What the lock says of a stated dependency; an exact version in the manifest stands, whatever the lock says."""
    if one.pinned not in {None, entry.version}:
        return one
    if not bound and one.pinned is None:
        return replace(one, license=one.license or entry.license)
    return replace(
        one,
        pinned=one.pinned or entry.version or None,
        license=one.license or entry.license,
        integrity=entry.integrity,
        needs=_needs(entry, names),
        released=entry.released,
    )


def _dependency(entry: Locked, path: str, names: Mapping[str, str], *, bound: bool) -> Dependency:
    return Dependency(
        entry.ecosystem,
        entry.name,
        entry.address or (entry.version if entry.ecosystem == "npm" else f"=={entry.version}"),
        "locked" if not bound and entry.scope in _SHIPPED else entry.scope,
        path,
        entry.line,
        direct=False,
        pinned=entry.version or None,
        license=entry.license,
        integrity=entry.integrity,
        needs=_needs(entry, names),
        released=entry.released,
    )


def _needs(entry: Locked, names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names[key] for key in entry.needs if key in names))
