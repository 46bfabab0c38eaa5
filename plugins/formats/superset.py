"""Apache Superset extensions: a `.supx` zip with `manifest.json`, or its source with `extension.json`.

Sources: Superset's developer documentation of extensions and the models of apache-superset-core
(`superset_core.extensions.types`: BaseExtension, ExtensionConfig, Manifest).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean
from plugins.formats.identity import loose_version, plain_name
from plugins.formats.npm_dependencies import manifest_dependencies
from plugins.formats.requirements import read_requirement_files
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import as_list, as_object, listed, texts
from plugins.package import Derived, Metadata, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "superset-extension"
MANIFEST, SOURCE = "manifest.json", "extension.json"
_PARTS = ("frontend", "backend")
_SIGNS = frozenset({"publisher", "permissions", *_PARTS})
_NOT_OURS = frozenset({"manifest_version", "domain", "start_url"})
"""Of browser extensions, Home Assistant integrations and web applications, whose manifests have the same name."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SEMVER = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")
_FRONTEND_MANIFEST = "frontend/package.json"
_MEANS = (
    (re.compile(r"network|http|fetch|egress|url|external", re.IGNORECASE), Capability.NETWORK_OUTBOUND),
    (re.compile(r"sql|database|dataset|query|metadata", re.IGNORECASE), Capability.DATABASE_ACCESS),
    (re.compile(r"clipboard", re.IGNORECASE), Capability.CLIPBOARD_READ),
    (re.compile(r"secret|credential|token|password", re.IGNORECASE), Capability.SECRETS_READ),
    (re.compile(r"file.*write|write.*file|storage", re.IGNORECASE), Capability.FILESYSTEM_WRITE),
    (re.compile(r"file", re.IGNORECASE), Capability.FILESYSTEM_READ),
    (re.compile(r"env(?:ironment)?\b|config", re.IGNORECASE), Capability.ENV_READ),
    (re.compile(r"mail|notif|message|slack", re.IGNORECASE), Capability.MESSAGING_SEND),
    (re.compile(r"schedul|cron|celery|task", re.IGNORECASE), Capability.PROCESS_SCHEDULE),
    (re.compile(r"process|shell|exec", re.IGNORECASE), Capability.PROCESS_SPAWN),
)
"""Superset names no closed list of permissions: the words in one tell what it is about."""


def detect(tree: Tree) -> Detection | None:
    """A manifest with an identity and at least one key that only Superset's has."""
    for path in (MANIFEST, SOURCE):
        document = tree.json_object_or_none(path)
        if document is None or _NOT_OURS & document.data.keys():
            continue
        named = any(isinstance(document.data.get(key), str) for key in ("id", "name"))
        if named and "version" in document.data and _SIGNS & document.data.keys():
            return Detection(SPECIFIC, path)
    return None


def read(tree: Tree, _filename: str) -> Package:
    """Read an extension; raises PackageRefused."""
    found = detect(tree)
    if found is None:  # detect has seen it
        raise PackageRefused("manifest-missing", f"The extension has no {MANIFEST}.")
    document = tree.json_object(found.manifest)
    problems: list[Problem] = [*_contract(tree, document)]
    metadata = _metadata(document)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", "superset-extension", metadata.name, metadata.version).to_string(),
        files=tree.files,
        manifest_path=document.path,
        entry_points=_entry_points(tree, document.data),
        dependencies=(
            *manifest_dependencies(tree, _FRONTEND_MANIFEST, problems),
            *read_requirement_files(tree, problems),
        ),
        derived=_derived(document),
        problems=tuple(problems),
    )


def _metadata(document: Document) -> Metadata:
    data = document.data
    publisher, name = clean(data.get("publisher"), 100), clean(data.get("name"), 100)
    stated = data.get("id") or (f"{publisher}.{name}" if publisher and name else name)
    return Metadata(
        name=plain_name(stated, document.path),
        version=loose_version(data.get("version"), document.path),
        description=clean(data.get("description")) or clean(data.get("displayName"), 300),
        license=clean(data.get("license"), 200),
        author=publisher,
    )


def _contract(tree: Tree, document: Document) -> Iterator[Problem]:
    data = document.data
    for key in ("publisher", "name", "displayName", "version", *(("id",) if document.path == MANIFEST else ())):
        if not clean(data.get(key)):
            yield _problem(document, "superset-key-missing", f"The manifest states no {key}.", key)
    for key in ("publisher", "name"):
        if clean(data.get(key)) and not _SLUG.fullmatch(clean(data.get(key))):
            message = f"{key} is not made of small letters, digits and dashes."
            yield _problem(document, "superset-name", message, key)
    if clean(data.get("id")) and clean(data.get("id")) != f"{clean(data.get('publisher'))}.{clean(data.get('name'))}":
        yield _problem(document, "superset-id", "id is not publisher.name.", "id")
    if clean(data.get("version")) and not _SEMVER.fullmatch(clean(data.get("version"))):
        yield _problem(document, "superset-version", "version is no semantic version.", "version")
    yield from _lists(document)
    if "permissions" not in data:
        message = "The manifest states no permissions, not even that there are none."
        yield _problem(document, "superset-permissions-missing", message, "version")
    yield from _parts(tree, document)


def _lists(document: Document) -> Iterator[Problem]:
    data = document.data
    for key in ("dependencies", "permissions"):
        if key in data and not (isinstance(data[key], list) and all(isinstance(one, str) for one in data[key])):
            yield _problem(document, "superset-key-type", f"{key} is no list of texts.", key)


def _parts(tree: Tree, document: Document) -> Iterator[Problem]:
    data = document.data
    if not any(isinstance(data.get(part), dict) for part in _PARTS):
        yield _problem(document, "superset-empty", "The manifest states neither frontend nor backend.", "version")
    if document.path == SOURCE:
        message = f"This is an extension's source; Superset loads what is built from it, with {MANIFEST}."
        yield _problem(document, "superset-source", message, "name")
    elif isinstance(data.get("frontend"), dict) and not _remote(tree, data):
        message = "frontend.remoteEntry names no file in the extension."
        yield _problem(document, "superset-remote-entry", message, "frontend")


def _problem(document: Document, rule: str, message: str, key: str) -> Problem:
    return Problem(rule, message, document.path, document.line(key) or 1)


def _remote(tree: Tree, data: dict[str, Any]) -> str:
    """The file the browser loads first."""
    stated = clean(as_object(data.get("frontend")).get("remoteEntry"), 300)
    tries = (stated, f"frontend/dist/{stated}", f"frontend/{stated}", f"dist/{stated}")
    return next((path for path in tries if stated and path in tree), "")


def _entry_points(tree: Tree, data: dict[str, Any]) -> tuple[str, ...]:
    backend = as_object(data.get("backend"))
    modules = [*texts(backend.get("entryPoints")), clean(backend.get("entrypoint"), 200)]
    paths = [_remote(tree, data)]
    for module in filter(None, modules):
        name = module.partition(":")[0].replace(".", "/")
        tries = (f"{start}{name}{end}" for start in ("backend/src/", "backend/", "") for end in (".py", "/__init__.py"))
        paths.append(next((path for path in tries if path in tree), f"backend/src/{name}.py"))
    return tuple(dict.fromkeys(path for path in paths if path))


def _derived(document: Document) -> Derived:
    data = document.data
    permissions = texts(data.get("permissions"), 100)
    capabilities = {meant for stated in permissions if (meant := _meaning(stated))}
    says = []
    if permissions:
        says.append(f"Asks for the permissions: {listed(permissions)}.")
    elif isinstance(data.get("permissions"), list):
        says.append("Asks for no permission.")
    if unknown := tuple(stated for stated in permissions if _meaning(stated) is None):
        says.append(f"Permissions that fit no capability, for a reviewer to judge: {listed(unknown)}.")
    if needed := texts(data.get("dependencies"), 100):
        says.append(f"Needs the extensions: {listed(needed)}.")
    if isinstance(data.get("frontend"), dict):
        says.append("Runs in the browser of Superset's users.")
    if isinstance(data.get("backend"), dict):
        says.append("Runs in Superset's server, with its rights.")
    contributions = as_object(as_object(data.get("frontend")).get("contributions"))
    if places := [clean(key, 60) for key in contributions if as_list(contributions[key]) or contributions[key]][:12]:
        says.append(f"Contributes: {', '.join(places)}.")
    return Derived(frozenset(capabilities), says=tuple(says))


def _meaning(permission: str) -> Capability | None:
    return next((capability for words, capability in _MEANS if words.search(permission)), None)


FORMAT = Format(
    name=NAME,
    label="Superset extension",
    recognised_by="`manifest.json` (`.supx`) or `extension.json` with publisher, permissions, frontend or backend",
    derives="`permissions` as capabilities, by their words; extensions it needs",
    detect=detect,
    read=read,
)
