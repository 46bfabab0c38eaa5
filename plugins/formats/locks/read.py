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
from plugins.formats.locks.kinds import SHRINKWRAP, is_lock, read_lock
from plugins.formats.locks.model import PYPI
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugins.formats.locks.model import Locked, LockFile
    from plugins.formats.tree import Tree
    from plugins.package import Package

_NOT_OURS = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|site-packages|vendor|_vendor|tests?|__tests__|fixtures?|examples?|docs?)/"
)
"""Folders whose lock files are about something else: a dependency's own build, a test's material."""
_MAX_LOCKS = 20
_INSTALLED_BY_NAME = ("pkg:npm/", "pkg:pypi/")
_BUNDLED_FORMATS = frozenset({"budibase-plugin"})
"""Packages with an npm name that the platform unpacks, and never hands to npm."""
_SHIPPED = ("runtime", "optional", "peer")


def with_locks(tree: Tree, package: Package) -> Package:
    """The package with what its lock files say; one that cannot be read is a Problem. Raises PackageRefused."""
    problems: list[Problem] = []
    paths = [file.path for file in tree.files if is_lock(file.path) and not _NOT_OURS.search(file.path)]
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


def _by_name(package: Package) -> bool:
    return package.purl.startswith(_INSTALLED_BY_NAME) and package.format not in _BUNDLED_FORMATS


def _read(tree: Tree, path: str, problems: list[Problem]) -> LockFile | None:
    try:
        lock = read_lock(tree, path)
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


def _joined(dependencies: list[Dependency], entries: list[Locked], path: str, *, bound: bool) -> list[Dependency]:
    """Stated dependencies, pinned where the lock binds, and the lock's other entries, each name and version once."""
    names = {entry.known_as: f"{entry.name}@{entry.version}" for entry in entries}
    stated = {(one.ecosystem, one.name) for one in dependencies if one.direct}
    tops = {(one.ecosystem, one.name): one for one in entries if one.top_level or one.ecosystem == PYPI}
    result = [
        _pinned(one, tops[one.ecosystem, one.name], names, bound=bound)
        if one.direct and (one.ecosystem, one.name) in tops
        else one
        for one in dependencies
    ]
    known = {(one.ecosystem, one.name, one.pinned, one.scope) for one in dependencies}
    inside = {key[:3] for key in known if key[3] == "bundled"}
    for entry in entries:
        if (entry.top_level or entry.ecosystem == PYPI) and (entry.ecosystem, entry.name) in stated:
            continue
        one = _dependency(entry, path, names, bound=bound)
        if one.pinned and (one.ecosystem, one.name, one.pinned) in inside:
            continue  # it lies in the package, and counts as that
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
        entry.address or (f"=={entry.version}" if entry.ecosystem == PYPI else entry.version),
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
