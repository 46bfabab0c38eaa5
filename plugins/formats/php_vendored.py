"""PHP packages that lie inside a package: Composer lists them in `vendor/composer/installed.json`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugins.documents import PackageRefused, load_json, quote
from plugins.formats.locks.composer import read_installed
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from plugins.formats.tree import Tree

_INSTALLED = re.compile(r"(?:.*/)?composer/installed\.json")
_MAX_LISTS = 20


def php_vendored(tree: Tree, problems: list[Problem]) -> list[Dependency]:
    """What Composer installed into the package; a list that cannot be read whole is a Problem. Raises nothing."""
    result: list[Dependency] = []
    paths = [file.path for file in tree.files if _INSTALLED.fullmatch(file.path)]
    unread = f"The package holds more than {_MAX_LISTS} lists of Composer's, and this one is not read."
    problems += [Problem("bundled-unreadable", unread, path) for path in paths[_MAX_LISTS:]]
    for path in paths[:_MAX_LISTS]:
        try:
            lock = read_installed(load_json(tree.read(path), path))
        except PackageRefused as refusal:
            problems.append(Problem("bundled-unreadable", str(refusal), path))
            continue
        if lock.unread:
            first = quote(lock.unread[0])
            message = f"{len(lock.unread)} of its entries state no usable name and version, first {first}."
            problems.append(Problem("bundled-unreadable", message, path))
        versions = {entry.key: f"{entry.name}@{entry.version}" for entry in lock.entries}
        result += [
            Dependency(
                entry.ecosystem,
                entry.name,
                entry.address or entry.version,
                entry.scope,
                path,
                entry.line,
                direct=False,
                pinned=entry.version or None,
                license=entry.license,
                integrity=entry.integrity,
                needs=tuple(versions[need] for need in entry.needs if need in versions),
                released=entry.released,
            )
            for entry in lock.entries
        ]
    return result
