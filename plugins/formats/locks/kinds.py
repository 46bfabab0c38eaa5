"""Which file is which tool's lock, and who reads it: a new kind is one module and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.documents import PackageRefused
from plugins.formats.locks.bun import read_bun_lock
from plugins.formats.locks.composer import read_composer_lock
from plugins.formats.locks.deno import read_deno_lock
from plugins.formats.locks.npm import read_npm_lock
from plugins.formats.locks.pnpm import read_pnpm_lock
from plugins.formats.locks.python import PYLOCK, read_pipfile_lock, read_toml_lock
from plugins.formats.locks.yarn import read_yarn_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plugins.formats.locks.model import LockFile
    from plugins.formats.tree import Tree

SHRINKWRAP = "npm-shrinkwrap.json"
_RUNTIME = ("dependencies", "optionalDependencies")
_STATED = (*_RUNTIME, "devDependencies", "peerDependencies")


def is_lock(path: str) -> bool:
    """Whether a file is some tool's lock, by its name."""
    name = path.rpartition("/")[2]
    return name in _READERS or bool(PYLOCK.fullmatch(name))


def read_lock(tree: Tree, path: str) -> LockFile:
    """Read a lock; raises PackageRefused where it cannot be read whole, or its kind is read by nobody here."""
    return _READERS.get(path.rpartition("/")[2], _toml)(tree, path)


def _yarn(tree: Tree, path: str) -> LockFile:
    folder = path.rpartition("/")[0]
    manifest = f"{folder}/package.json" if folder else "package.json"
    stated = tree.json_object(manifest).data if manifest in tree else {}
    return read_yarn_lock(tree.read(path), path, _wanted(stated, _RUNTIME), _wanted(stated, _STATED))


def _wanted(manifest: Mapping[str, object], sections: Iterable[str]) -> dict[str, str]:
    """What a manifest asks for, as written: aliases are not undone, since a lock names them so."""
    found: dict[str, str] = {}
    for section in sections:
        asked = manifest.get(section)
        for name, requirement in asked.items() if isinstance(asked, dict) else ():
            if isinstance(requirement, str):
                found.setdefault(name, requirement)
    return found


def _toml(tree: Tree, path: str) -> LockFile:
    return read_toml_lock(tree.read(path), path)


def _nobody(_tree: Tree, path: str) -> LockFile:
    name = path.rpartition("/")[2]
    raise PackageRefused("lockfile", f"Lock files of the kind {name} are not read, so nobody knows what is in it.")


_READERS: dict[str, Callable[[Tree, str], LockFile]] = {
    SHRINKWRAP: lambda tree, path: read_npm_lock(tree.json_object(path)),
    "package-lock.json": lambda tree, path: read_npm_lock(tree.json_object(path)),
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": lambda tree, path: read_pnpm_lock(tree.read(path), path),
    "bun.lock": lambda tree, path: read_bun_lock(tree.read(path), path),
    "bun.lockb": _nobody,
    "deno.lock": lambda tree, path: read_deno_lock(tree.json_object(path)),
    "composer.lock": lambda tree, path: read_composer_lock(tree.json_object(path)),
    "poetry.lock": _toml,
    "uv.lock": _toml,
    "pdm.lock": _toml,
    "Pipfile.lock": lambda tree, path: read_pipfile_lock(tree.read(path), path),
}
