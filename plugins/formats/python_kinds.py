"""What the kinds of Python packages have in common: their signs, and a package read once and said to be more."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from plugins.documents import PackageRefused, clean
from plugins.formats import python_package
from plugins.formats.python_metadata import read_core_metadata
from plugins.formats.python_sdist import read_pyproject
from plugins.formats.python_source import FoundClass, class_of, parse_module
from plugins.formats.python_wheel import dist_info
from plugins.formats.tree import Detection
from plugins.formats.values import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugins.formats.tree import Tree
    from plugins.package import Derived, Package, Problem

_PACKAGE = re.compile(r"(?:src/)?[^/]+/__init__\.py")
_MAX_PACKAGES = 40
_SECRET = re.compile(r"token|secret|password|passwd|credential|api_?key|private_?key", re.IGNORECASE)


def classifiers(tree: Tree) -> tuple[str, ...]:
    """The classifiers its metadata states; none where that cannot be read."""
    folder = dist_info(tree)
    path = f"{folder}/METADATA" if folder else "PKG-INFO"
    try:
        if path in tree:
            return texts(read_core_metadata(tree, path)[1].get("classifiers"))
        return texts(read_pyproject(tree).table("project", "classifiers"))
    except PackageRefused:
        return ()


def entry_group(tree: Tree, group: str) -> bool:
    """Whether an entry point group is stated, in a wheel's `entry_points.txt` or in `pyproject.toml`."""
    folder = dist_info(tree)
    if folder:
        return (
            re.search(rf"^\[{re.escape(group)}\]\s*$", tree.code(f"{folder}/entry_points.txt"), re.MULTILINE)
            is not None
        )
    try:
        return isinstance(read_pyproject(tree).table("project", "entry-points", group), dict)
    except PackageRefused:
        return False


def as_python(tree: Tree, sign: str) -> Detection | None:
    """Detection of a kind of Python package: as sure as that it is one; `sign` is the file that says which kind."""
    general = python_package.detect(tree)
    return Detection(general.specificity, sign) if general else None


def read_as(
    name: str,
    tree: Tree,
    filename: str,
    *,
    derived: Derived,
    judge: Callable[[Package], Iterable[Problem]],
    entries: Iterable[str] = (),
) -> Package:
    """Read the Python package, say that it is of the format `name`, and add what `judge` finds wrong with it.

    `entries` are paths the platform loads beside a Python package's own. Raises PackageRefused.
    """
    package = python_package.read(tree, filename)
    return replace(
        package,
        format=name,
        derived=derived,
        entry_points=tuple(dict.fromkeys([*package.entry_points, *(path for path in entries if path)])),
        problems=(*package.problems, *judge(package)),
    )


def packages(tree: Tree) -> list[str]:
    """The `__init__.py` of every top-level package."""
    return [file.path for file in tree.files if _PACKAGE.fullmatch(file.path)][:_MAX_PACKAGES]


def config_class(tree: Tree, base: re.Pattern[str]) -> FoundClass | None:
    """The class that a top-level package's `config` names, if the dotted name of one of its bases matches."""
    for path in packages(tree):
        if b"config" not in tree.code(path).encode():
            continue
        module = parse_module(tree, path)
        found = class_of(tree, module, "config") if module else None
        if found and any(map(base.fullmatch, found.bases)):
            return found
    return None


def stated_text(found: FoundClass, name: str, limit: int = 200) -> str:
    """A text attribute of a class; "" where it is none."""
    return clean(found.states.get(name), limit)


def settings(found: FoundClass) -> tuple[str, ...]:
    """The names of the settings a plugin's configuration class requires or has defaults for."""
    required, defaults = found.states.get("required_settings"), found.states.get("default_settings")
    names = [
        *(required if isinstance(required, list | tuple) else ()),
        *(defaults if isinstance(defaults, dict) else ()),
    ]
    return texts(names, 100)


def secret_names(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that read like a secret's."""
    return tuple(name for name in names if _SECRET.search(name))
