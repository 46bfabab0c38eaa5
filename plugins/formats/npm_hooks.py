"""What npm runs when a package is installed or built, whether or not a script entry asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.documents import Document, PackageRefused, clean
from plugins.formats.npm_dependencies import bundled_manifests
from plugins.package import InstallHook, Problem

if TYPE_CHECKING:
    from plugins.formats.tree import Tree

INSTALL_SCRIPTS = ("preinstall", "install", "postinstall")
BUILD_SCRIPTS = ("prepublish", "preprepare", "prepare", "postprepare")
_GYP = "binding.gyp"


def read_hooks(tree: Tree, document: Document) -> tuple[tuple[InstallHook, ...], tuple[Problem, ...]]:
    """Collect the lifecycle scripts and `binding.gyp` of a package and of the packages it bundles."""
    problems: list[Problem] = []
    hooks = _scripts(document, (*INSTALL_SCRIPTS, *BUILD_SCRIPTS), problems) + _gyp(tree, "")
    for path, _ in bundled_manifests(tree):
        try:
            bundled = tree.json_object(path)
        except PackageRefused:
            continue  # reported with the dependencies
        hooks += _scripts(bundled, INSTALL_SCRIPTS, problems) + _gyp(tree, path.removesuffix("package.json"))
    return tuple(hooks), tuple(problems)


def manifest_hooks(tree: Tree, path: str) -> tuple[tuple[InstallHook, ...], tuple[Problem, ...]]:
    """Collect the lifecycle scripts of a `package.json` inside a package of another format, and its `binding.gyp`."""
    document = tree.json_object_or_none(path)
    if document is None:
        return (), ()
    problems: list[Problem] = []
    hooks = _scripts(document, (*INSTALL_SCRIPTS, *BUILD_SCRIPTS), problems)
    return (*hooks, *_gyp(tree, path.removesuffix("package.json"))), tuple(problems)


def _scripts(document: Document, names: tuple[str, ...], problems: list[Problem]) -> list[InstallHook]:
    scripts = document.data.get("scripts", {})
    if not isinstance(scripts, dict):
        message = "scripts is not an object."
        problems.append(Problem("scripts-unreadable", message, document.path, document.line("scripts")))
        return []
    return [
        InstallHook("npm-script", name, document.path, document.line("scripts", name), clean(scripts[name]))
        for name in names
        if isinstance(scripts.get(name), str) and scripts[name].strip()
    ]


def _gyp(tree: Tree, folder: str) -> list[InstallHook]:
    path = f"{folder}{_GYP}"
    return [InstallHook(_GYP, _GYP, path, 1, "node-gyp rebuild")] if path in tree else []
