"""Baserow plugins: a folder with `baserow_plugin_info.json`, `backend/` (Django) and `web-frontend/` (Nuxt).

Source: Baserow's developer documentation, "Plugin creation" and "Plugin installation". `build.sh`, `runtime_setup.sh`
and `uninstall.sh` of both parts are run by Baserow's installer as the container's user.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packageurl import PackageURL
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.identity import loose_version, plain_name
from plugins.formats.npm_dependencies import manifest_dependencies
from plugins.formats.npm_hooks import manifest_hooks
from plugins.formats.python_sdist import part_dependencies
from plugins.formats.requirements import read_requirement_files
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.package import Derived, InstallHook, Metadata, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "baserow-plugin"
INFO = "baserow_plugin_info.json"
_INFO = re.compile(rf"(?:(?:plugins/)?[^/]+/)?{re.escape(INFO)}")
_PARTS = ("backend", "web-frontend")
_SCRIPTS = ("build.sh", "runtime_setup.sh", "uninstall.sh")
_FIELDS = ("name", "version", "description", "supported_baserow_versions", "plugin_api_version")
_API_VERSIONS = ("0.0.1-alpha",)
_MAX_TOP = 200


def detect(tree: Tree) -> Detection | None:
    """The info file at the root, or in the one plugin's folder of a repository."""
    paths = _infos(tree)
    return Detection(SPECIFIC, paths[0]) if paths else None


def read(tree: Tree, _filename: str) -> Package:
    """Read a plugin; raises PackageRefused."""
    path, *others = _infos(tree)
    if others:
        message = f"The package holds two plugins: {quote(path)} and {quote(others[0])}."
        raise PackageRefused("duplicate-manifest", message)
    document, folder = tree.json_object(path), path.removesuffix(INFO)
    problems: list[Problem] = [*_contract(tree, document, folder)]
    metadata = _metadata(tree, document)
    frontend = f"{folder}web-frontend/package.json"
    hooks, hook_problems = manifest_hooks(tree, frontend)
    dependencies = [
        *part_dependencies(tree, f"{folder}backend/", problems),
        *read_requirement_files(tree, problems),
        *manifest_dependencies(tree, frontend, problems),
    ]
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", "baserow-plugin", metadata.name, metadata.version).to_string(),
        files=tree.files,
        manifest_path=path,
        entry_points=_entry_points(tree, folder),
        dependencies=tuple(dict.fromkeys(dependencies)),
        install_hooks=(*_hooks(tree, folder), *hooks),
        derived=_derived(tree, document, folder),
        problems=(*problems, *hook_problems),
    )


def _infos(tree: Tree) -> list[str]:
    return [file.path for file in tree.files if _INFO.fullmatch(file.path)]


def _metadata(tree: Tree, document: Document) -> Metadata:
    data = document.data
    title = clean(data.get("name"), 200)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    licence = next((path for path in ("LICENSE", "LICENSE.md", "LICENSE.txt") if path in tree), "")
    mit = licence and tree.code(licence).lstrip().lower().startswith("mit license")
    return Metadata(
        name=plain_name(slug, document.path),
        version=loose_version(data.get("version"), document.path),
        description=clean(data.get("description")),
        license=clean(data.get("license"), 200) or ("MIT" if mit else ""),
        author=clean(data.get("author"), 300),
        contact=clean(data.get("author_url"), 300) or clean(data.get("url"), 300),
        homepage=clean(data.get("url"), 500),
    )


def _contract(tree: Tree, document: Document, folder: str) -> Iterator[Problem]:
    data = document.data
    for key in _FIELDS:
        if not clean(data.get(key)):
            yield _problem(document, "baserow-key-missing", f"{INFO} states no {key}.", key)
    wanted = clean(data.get("supported_baserow_versions"), 200)
    if wanted and not _is_range(wanted):
        message = "supported_baserow_versions is no version range."
        yield _problem(document, "baserow-versions", message, "supported_baserow_versions")
    api = clean(data.get("plugin_api_version"), 40)
    if api and api not in _API_VERSIONS:
        message = f"plugin_api_version {quote(api)} is none that Baserow knows."
        yield _problem(document, "baserow-api-version", message, "plugin_api_version")
    parts = [part for part in _PARTS if any(file.path.startswith(f"{folder}{part}/") for file in tree.files)]
    if not parts:
        yield _problem(document, "baserow-empty", "There is neither a backend nor a web-frontend folder.", "name")
    if "backend" in parts and not any(f"{folder}backend/{name}" in tree for name in ("setup.py", "pyproject.toml")):
        yield Problem("baserow-backend", "The backend has neither setup.py nor pyproject.toml.", f"{folder}backend")
    if "web-frontend" in parts and f"{folder}web-frontend/package.json" not in tree:
        yield Problem("baserow-frontend", "The web-frontend has no package.json.", f"{folder}web-frontend")


def _is_range(text: str) -> bool:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return bool(re.fullmatch(r"[0-9]+(?:\.[0-9]+)*(?:\.[*x])?", text))
    return True


def _problem(document: Document, rule: str, message: str, key: str) -> Problem:
    return Problem(rule, message, document.path, document.line(key) or 1)


def _hooks(tree: Tree, folder: str) -> Iterator[InstallHook]:
    """The scripts Baserow's installer runs, and `setup.py`, which pip does."""
    for part in _PARTS:
        for name in _SCRIPTS:
            path = f"{folder}{part}/{name}"
            if path in tree:
                yield InstallHook("shell-script", f"{part}/{name}", path, 1)
    if f"{folder}backend/setup.py" in tree:
        yield InstallHook("setup.py", "backend/setup.py", f"{folder}backend/setup.py", 1)


def _entry_points(tree: Tree, folder: str) -> tuple[str, ...]:
    """The backend's Django app and the frontend's Nuxt module."""
    backend = re.compile(rf"{re.escape(folder)}backend/(?:src/)?[^/]+/(?:__init__|apps|config)\.py")
    frontend = re.compile(rf"{re.escape(folder)}web-frontend/modules/[^/]+/(?:module|plugin)\.[jt]s")
    found = (file.path for file in tree.files if backend.fullmatch(file.path) or frontend.fullmatch(file.path))
    return tuple(list(found)[:_MAX_TOP])


def _derived(tree: Tree, document: Document, folder: str) -> Derived:
    says = []
    scripts = [hook.name for hook in _hooks(tree, folder) if hook.kind == "shell-script"]
    if scripts:
        says.append(f"Runs shell scripts as the container's user: {', '.join(scripts)}.")
    if wanted := clean(document.data.get("supported_baserow_versions"), 100):
        says.append(f"Is for Baserow {wanted}.")
    backend = any(file.path.startswith(f"{folder}backend/") for file in tree.files)
    if backend:
        says.append("Its backend is a Django app in Baserow's server, with its database.")
    if any(file.path.startswith(f"{folder}web-frontend/") for file in tree.files):
        says.append("Its frontend runs in the browser of Baserow's users.")
    return Derived(frozenset({Capability.DATABASE_ACCESS} if backend else ()), says=tuple(says))


FORMAT = Format(
    name=NAME,
    label="Baserow plugin",
    recognised_by="`baserow_plugin_info.json` at the root, or in the one plugin's folder",
    derives="its shell scripts as install hooks; a backend as database access",
    detect=detect,
    read=read,
)
