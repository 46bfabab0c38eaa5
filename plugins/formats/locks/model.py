"""One entry of a lock file, and what readers of them have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from plugins.composer import is_composer_version
from plugins.formats.identity import is_npm_name, is_semver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NPM, PYPI, PACKAGIST = "npm", "PyPI", "Packagist"
"""As OSV names them."""
JSR, ADDRESS = "JSR", "address"
"""Of these no advisories are kept; the second is what comes from no registry, named by where it comes from."""
_MAX_VERSION = 120
_MAX_NAME = 214
_PHP_NAME = re.compile(r"[a-z0-9](?:[_.-]?[a-z0-9]+)*+/[a-z0-9](?:(?:[_.]|-{1,2})?[a-z0-9]+)*+")


@dataclass(frozen=True, slots=True)
class Locked:
    """One package a lock file pins."""

    ecosystem: str
    name: str
    version: str
    """The exact version; empty where the package comes from an address."""
    scope: str = "runtime"
    line: int = 0
    top_level: bool = False
    """Whether the root's own requirement of that name resolves to it."""
    license: str = ""
    integrity: str = ""
    """Digest of the package file as the lock writes it: `sha512-…` in base64, or `sha256:…` in hex."""
    address: str = ""
    """Where it comes from, if not from a registry."""
    key: str = ""
    """What others of the lock name it by; empty: as `name@version`."""
    needs: tuple[str, ...] = ()
    """Keys of what it needs itself."""
    released: str = ""
    """ISO date of its release."""

    @property
    def known_as(self) -> str:
        """Its key."""
        return self.key or f"{self.name}@{self.version}"


@dataclass(slots=True)
class LockFile:
    """What a lock file holds, and how many of its entries nobody can place."""

    entries: list[Locked] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Names of the entries, as written, that state no usable name and version."""

    def add(self, entry: Locked) -> None:
        """Take an entry, or note that it cannot be placed."""
        if _FITS[entry.ecosystem](entry):
            self.entries.append(entry)
        else:
            self.unread.append(str(entry.key or entry.name)[:100])


def reached(entries: Iterable[Locked], roots: Iterable[str]) -> set[str]:
    """The keys that can be reached from some, by what each entry needs."""
    needs: Mapping[str, tuple[str, ...]] = {entry.known_as: entry.needs for entry in entries}
    seen: set[str] = set()
    waiting = [key for key in roots if key in needs]
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += [other for other in needs[key] if other in needs and other not in seen]
    return seen


def scoped(entries: list[Locked], roots: Iterable[str], development: Iterable[str] = ()) -> list[Locked]:
    """The entries, those that cannot be reached from the roots as development ones.

    Without any root, or with one that the lock does not hold, nobody knows what is for development: then all count.
    A project that asks for nothing but `development`, and finds it in its lock, has no root and is known all the same.
    """
    known, wanted = {entry.known_as for entry in entries}, set(roots)
    asked = wanted or set(development)
    if not asked or not asked <= known:
        return entries
    kept = reached(entries, wanted)
    return [entry if entry.known_as in kept else replace(entry, scope="dev") for entry in entries]


def _npm_fits(entry: Locked) -> bool:
    return is_npm_name(entry.name) and (is_semver(entry.version) or bool(entry.address and not entry.version))


def _python_fits(entry: Locked) -> bool:
    if not isinstance(entry.name, str) or not entry.name or canonicalize_name(entry.name) != entry.name:
        return False
    if entry.address and not entry.version:
        return True
    try:
        Version(entry.version)
    except (InvalidVersion, TypeError):
        return False
    return len(entry.version) <= _MAX_VERSION


def _php_fits(entry: Locked) -> bool:
    if len(entry.name) > _MAX_NAME or not _PHP_NAME.fullmatch(entry.name):
        return False
    return is_composer_version(entry.version) or bool(entry.address and not entry.version)


_FITS: dict[str, Callable[[Locked], bool]] = {
    NPM: _npm_fits,
    PYPI: _python_fits,
    PACKAGIST: _php_fits,
    JSR: _npm_fits,
    ADDRESS: lambda entry: bool(entry.name and entry.address),
}
