"""What is no plugin format known here: any npm package, else any archive that says who it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packageurl import PackageURL

from plugins.declaration import FILE_NAME, load_declaration
from plugins.documents import PackageRefused
from plugins.formats.identity import is_npm_name, is_python_version, is_semver, loose_version, plain_name
from plugins.formats.npm import MANIFEST, npm_manifest, read_npm_package
from plugins.formats.requirements import read_requirement_files
from plugins.formats.tree import COMMON, FALLBACK, Detection, Format, Tree
from plugins.package import Derived, Metadata, Package, Problem

if TYPE_CHECKING:
    from plugins.documents import Document

NAME = "generic"
_SUFFIX = re.compile(r"\.(?:zip|whl|tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz))$", re.IGNORECASE)
_NAME_VERSION = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*?)[-_ ]v?(?P<version>[0-9]+(?:\.[0-9A-Za-z+_-]+)+)")


def detect(tree: Tree) -> Detection | None:
    """Everything is at least generic; an npm package is so by its manifest, unless that says it is never published."""
    document = npm_manifest(tree)
    if document is None:
        return Detection(FALLBACK)
    named = bool(document.data.get("name")) and bool(document.data.get("version"))
    return Detection(COMMON if named and document.data.get("private") is not True else FALLBACK, MANIFEST)


def read(tree: Tree, filename: str) -> Package:
    """Read an npm package, or an archive known by its declaration or its file name; raises PackageRefused."""
    document = npm_manifest(tree)
    if document is not None and _is_npm(document):
        return read_npm_package(tree, format_name=NAME, needs_code=False, derived=Derived())
    metadata = _identity(tree, filename)
    problems: list[Problem] = []
    dependencies = read_requirement_files(tree, problems)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", None, metadata.name, metadata.version).to_string(),
        files=tree.files,
        dependencies=tuple(dependencies),
        problems=tuple(problems),
    )


def _is_npm(document: Document) -> bool:
    """Whether a manifest means to identify a package: it does as soon as it states a name or a version."""
    return "name" in document.data or "version" in document.data


def _identity(tree: Tree, filename: str) -> Metadata:
    document = load_declaration(tree.root, tree.files)
    plugin = document.data.get("plugin") if document is not None and isinstance(document.data, dict) else None
    if isinstance(plugin, dict):
        name = plain_name(plugin.get("name"), FILE_NAME)
        return Metadata(name, loose_version(plugin.get("version"), FILE_NAME))
    match = _NAME_VERSION.fullmatch(_SUFFIX.sub("", filename))
    if match and is_npm_name(match["name"]) and (is_semver(match["version"]) or is_python_version(match["version"])):
        return Metadata(plain_name(match["name"], "The file name"), match["version"])
    message = (
        "Nothing says what this is: no manifest of a known format, no plugin name and version in "
        f"{FILE_NAME}, and no file name like name-1.2.3.zip."
    )
    raise PackageRefused("no-identity", message)


FORMAT = Format(
    name=NAME,
    label="Other package",
    recognised_by="`package.json` of no other format; else anything that says its name and version",
    derives="nothing",
    detect=detect,
    read=read,
)
