"""What every npm package has, whatever platform it is for: `package.json` read into the facts of a Package.

Source: npm's documentation of package.json; https addresses and mail addresses are kept as text, never visited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from plugins.documents import Document, PackageRefused, clean
from plugins.formats.identity import npm_name, npm_version
from plugins.formats.npm_dependencies import read_dependencies
from plugins.formats.npm_entries import read_entry_points
from plugins.formats.npm_hooks import read_hooks
from plugins.formats.npm_license import npm_license
from plugins.formats.npm_required import required_files
from plugins.package import Metadata, Package, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.formats.tree import Tree
    from plugins.package import Derived, Problem

MANIFEST = "package.json"
_PERSON = re.compile(r"^(?P<name>[^<(]*)(?:<(?P<email>[^>]*)>)?\s*(?:\((?P<url>[^)]*)\))?")
_RUN_BY_NODE = ("javascript", "typescript", "tsx")


def npm_manifest(tree: Tree) -> Document | None:
    """Give the root `package.json`, or None; raises PackageRefused where it cannot be read."""
    return tree.json_object(MANIFEST) if MANIFEST in tree else None


def read_npm_package(
    tree: Tree,
    *,
    format_name: str,
    entry_points: Iterable[str] = (),
    needs_code: bool,
    problems: Iterable[Problem] = (),
    derived: Derived,
) -> Package:
    """Read an npm package. `entry_points` are those of the platform, loaded beside `main`, `bin` and `exports`.

    Raises PackageRefused (`invalid-name`, `invalid-version`, `no-code` …).
    """
    document = tree.json_object(MANIFEST)
    metadata = read_metadata(document.data)
    entries, entry_problems = read_entry_points(tree, document, entry_points)
    loaded = required_files(tree, entries)
    files = tuple(_as_loaded(file, loaded) for file in tree.files)
    if needs_code and not any(file.language in _RUN_BY_NODE for file in files):
        message = f"The package holds no JavaScript file, which a package of format {format_name} needs."
        raise PackageRefused("no-code", message)
    dependencies, dependency_problems = read_dependencies(tree, document)
    hooks, hook_problems = read_hooks(tree, document)
    return Package(
        format=format_name,
        metadata=metadata,
        purl=npm_purl(metadata),
        files=files,
        manifest_path=MANIFEST,
        entry_points=entries,
        dependencies=dependencies,
        install_hooks=hooks,
        derived=derived,
        problems=(*problems, *entry_problems, *dependency_problems, *hook_problems),
    )


def _as_loaded(file: SourceFile, loaded: frozenset[str]) -> SourceFile:
    """Count what node is told to load as JavaScript, whatever its name."""
    if file.path in loaded:
        return SourceFile(file.path, file.size, file.sha256, "javascript")
    return file


def npm_purl(metadata: Metadata) -> str:
    """Give the package URL of an npm package."""
    namespace, _, name = metadata.name.rpartition("/")
    return PackageURL("npm", namespace or None, name, metadata.version).to_string()


def read_metadata(data: dict[str, Any]) -> Metadata:
    """Read identity and contact from a `package.json`; raises PackageRefused for a bad name or version."""
    author, email, url = _person(data.get("author"))
    bugs = data.get("bugs")
    bugs_contact = (_first(bugs.get("email"), bugs.get("url"))) if isinstance(bugs, dict) else clean(bugs, 300)
    return Metadata(
        name=npm_name(data.get("name"), MANIFEST),
        version=npm_version(data.get("version"), MANIFEST),
        description=clean(data.get("description")),
        license=npm_license(data),
        author=author,
        contact=_first(bugs_contact, email, url),
        homepage=clean(data.get("homepage"), 500),
        repository=_address(data.get("repository")),
        keywords=_keywords(data.get("keywords")),
    )


def _keywords(value: object) -> tuple[str, ...]:
    words = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(word for word in (clean(word, 100) for word in words[:100]) if word)


def _person(value: object) -> tuple[str, str, str]:
    if isinstance(value, dict):
        return clean(value.get("name"), 300), clean(value.get("email"), 300), clean(value.get("url"), 500)
    match = _PERSON.match(clean(value, 1000).replace("\n", " "))
    groups = match.groupdict("") if match else {}
    return tuple(groups.get(key, "").strip() for key in ("name", "email", "url"))  # type: ignore[return-value]


def _address(value: object) -> str:
    return clean(value.get("url"), 500) if isinstance(value, dict) else clean(value, 500)


def _first(*values: object) -> str:
    return next((text for text in (clean(value, 300) for value in values) if text), "")
