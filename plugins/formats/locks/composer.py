"""`composer.lock` of PHP's Composer, and `vendor/composer/installed.json`, its list of what lies in the package.

Source: https://getcomposer.org/doc/04-schema.md and its JSON schema of the lock. Several licences of a package are a
choice. A version that is a branch (`dev-main`) is a commit past every release: it counts as an address.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plugins.documents import PackageRefused, clean
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.locks.model import PACKAGIST, Locked, LockFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.documents import Document

_PLATFORM = re.compile(r"(?:php|hhvm|composer)(?:-.*)?|(?:ext|lib)-.*")
"""What Composer calls platform packages: extensions, PHP itself."""
_BRANCH = re.compile(r"dev-.*|.*-dev", re.IGNORECASE | re.DOTALL)


def read_composer_lock(document: Document) -> LockFile:
    """Read a lock; raises PackageRefused where it is none of Composer's."""
    lock = LockFile()
    if not isinstance(document.data.get("packages"), list):
        raise PackageRefused("lockfile", f"{document.path} holds no packages as Composer writes them.")
    for section, scope in (("packages", "runtime"), ("packages-dev", "dev")):
        packages = document.data.get(section)
        if packages is not None and not isinstance(packages, list):
            raise PackageRefused("lockfile", f"{document.path}: {section} is no list.")
        _take(lock, packages or [], scope, document, (section,))
    return lock


def read_installed(document: Document) -> LockFile:
    """Read the list of installed packages, of Composer 1 (a list) or 2; raises PackageRefused where it is none."""
    data, keys = document.data, tuple[str, ...]()
    if isinstance(data, dict):
        data, keys = data.get("packages"), ("packages",)
    if not isinstance(data, list):
        raise PackageRefused("lockfile", f"{document.path} holds no packages as Composer writes them.")
    lock = LockFile()
    _take(lock, data, "bundled", document, keys)
    return lock


def _take(lock: LockFile, packages: list[Any], scope: str, document: Document, keys: tuple[str, ...]) -> None:
    for index, entry in enumerate(packages):
        if len(lock.entries) > MAX_DEPENDENCIES:
            return
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            lock.add(_entry(entry, scope, document.line(*keys, str(index), "name")))
        else:
            lock.unread.append(f"{'.'.join(keys)}[{index}]")


def _entry(entry: dict[str, Any], scope: str, line: int) -> Locked:
    version = clean(entry.get("version"), 200)
    dist, source = (entry[key] if isinstance(entry.get(key), dict) else {} for key in ("dist", "source"))
    elsewhere = bool(_BRANCH.fullmatch(version)) or dist.get("type") == "path"
    digest = clean(dist.get("shasum"), 200)
    return Locked(
        PACKAGIST,
        entry["name"].lower(),
        "" if elsewhere else version,
        scope,
        line,
        license=_license(entry.get("license")),
        integrity=f"sha1:{digest}" if digest else "",
        address=_address(dist, source) if elsewhere else "",
        key=entry["name"].lower(),
        needs=tuple(_needs(entry.get("require"))),
        released=_day(entry.get("time")),
    )


def _license(stated: Any) -> str:
    names = [clean(name, 100) for name in stated if isinstance(name, str)] if isinstance(stated, list) else []
    return clean(" OR ".join(names), 300) if names else clean(stated, 300)


def _address(dist: dict[str, Any], source: dict[str, Any]) -> str:
    """Where a branch or a path leads to, as requirements write it."""
    if dist.get("type") == "path":
        return f"file:{clean(dist.get('url'), 400)}"
    return f"git+{clean(source.get('url') or dist.get('url'), 400)}#{clean(source.get('reference'), 60)}"


def _needs(wanted: Any) -> Iterator[str]:
    for name in list(wanted)[:MAX_DEPENDENCIES] if isinstance(wanted, dict) else ():
        if not _PLATFORM.fullmatch(name):
            yield name.lower()


def _day(stated: Any) -> str:
    """The day of the release; empty where none is stated."""
    try:
        return datetime.fromisoformat(stated).date().isoformat() if isinstance(stated, str) else ""
    except ValueError:
        return ""
