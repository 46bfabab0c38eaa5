"""Dependencies of an npm package: as its manifest states them, and those it brings along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.identity import MAX_DEPENDENCIES, is_npm_name, is_semver, too_many_dependencies
from plugins.formats.npm_license import npm_license
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from plugins.formats.tree import Tree

_SCOPES = {
    "dependencies": "runtime",
    "optionalDependencies": "optional",
    "peerDependencies": "peer",
    "devDependencies": "dev",
}
_ALIAS = re.compile(r"npm:(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<range>.*))?")
_BUNDLED = re.compile(r"(?:.*/)?node_modules/(?P<name>(?:@[^/]+/)?[^/@]+)/package\.json")


def read_dependencies(tree: Tree, document: Document) -> tuple[tuple[Dependency, ...], tuple[Problem, ...]]:
    """Collect all dependencies an npm package states or bundles, and what is wrong with the statements.

    Its lock files are read for every format alike, by `plugins.formats.locks`.
    """
    problems: list[Problem] = []
    stated = _stated(document, problems)
    known = {(one.name, one.pinned) for one in stated if one.scope == "runtime"}
    bundled = [one for one in _bundled(tree, problems) if (one.name, one.pinned) not in known]
    return (*stated, *bundled), tuple(problems)


def manifest_dependencies(tree: Tree, path: str, problems: list[Problem]) -> list[Dependency]:
    """Read what a `package.json` inside a package of another format asks for; none where there is no such file."""
    if path not in tree:
        return []
    try:
        return _stated(tree.json_object(path), problems)
    except PackageRefused as refusal:
        problems.append(Problem("dependencies-unreadable", str(refusal), path))
        return []


def exact_version(requirement: str) -> str | None:
    """Give the one version an npm range allows (`1.2.3`, `=1.2.3`, `v1.2.3`), else None."""
    version = requirement.strip().removeprefix("=").strip().removeprefix("v")
    return version if is_semver(version) else None


def bundled_manifests(tree: Tree) -> list[tuple[str, str]]:
    """Give path and folder name of the manifest of every package under a `node_modules` folder."""
    matches = ((file.path, _BUNDLED.fullmatch(file.path)) for file in tree.files)
    return [(path, match["name"]) for path, match in matches if match]


def _stated(document: Document, problems: list[Problem]) -> list[Dependency]:
    result: list[Dependency] = []
    for key, scope in _SCOPES.items():
        section = document.data.get(key, {})
        if not isinstance(section, dict):
            message = f"{key} is not an object, so that nobody knows the dependencies."
            problems.append(Problem("dependencies-unreadable", message, document.path, document.line(key)))
            continue
        if len(section) > MAX_DEPENDENCIES:
            raise too_many_dependencies(document.path)
        for name, requirement in section.items():
            line = document.line(key, name)
            if dependency := _dependency(
                name, requirement, scope=scope, path=document.path, line=line, problems=problems
            ):
                result.append(dependency)
    optional = {one.name for one in result if one.scope == "optional"}
    return [one for one in result if one.scope != "runtime" or one.name not in optional]


def _dependency(
    name: str, requirement: Any, *, scope: str, path: str, line: int, problems: list[Problem]
) -> Dependency | None:
    text = clean(requirement, 1000)
    if alias := _ALIAS.fullmatch(text):
        name, text = alias["name"], alias["range"] or ""
    if not is_npm_name(name) or not isinstance(requirement, str):
        problems.append(Problem("dependency-invalid", f"The dependency {quote(name)} cannot be read.", path, line))
        return None
    return Dependency("npm", name, text, scope, path, line, pinned=exact_version(text))


def _bundled(tree: Tree, problems: list[Problem]) -> list[Dependency]:
    result: list[Dependency] = []
    for path, folder in bundled_manifests(tree):
        try:
            data = tree.json_object(path).data
        except PackageRefused as refusal:
            problems.append(Problem("bundled-unreadable", str(refusal), path))
            continue
        name, version = data.get("name", folder), data.get("version")
        if is_npm_name(name) and is_semver(version):
            stated = npm_license(data)
            result.append(
                Dependency("npm", name, version, "bundled", path, 1, direct=False, pinned=version, license=stated)
            )
        else:
            message = f"The bundled package {quote(folder)} states no valid name and version."
            problems.append(Problem("bundled-unreadable", message, path))
    return result
