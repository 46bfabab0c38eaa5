"""Home Assistant custom integrations: `custom_components/<domain>/manifest.json`, perhaps with HACS' `hacs.json`.

Sources: Home Assistant's developer documentation, "Integration manifest", and what hassfest and HACS refuse. Packages
come as a repository, as HACS' zip (the integration's own files at the root) or with `content_in_root`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packageurl import PackageURL

from governance.vocabulary import Capability
from plugins.documents import Document, PackageRefused, clean, quote
from plugins.formats.hass_rules import HACS, hacs_problems, manifest_problems
from plugins.formats.identity import MAX_DEPENDENCIES, loose_version, plain_name, too_many_dependencies
from plugins.formats.requirements import collect, read_requirement_files
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import as_list, listed, texts
from plugins.package import Derived, Metadata, Package

if TYPE_CHECKING:
    from plugins.package import Dependency, Problem

NAME = "home-assistant-integration"
_MANIFEST = "manifest.json"
_NESTED = re.compile(r"custom_components/[^/]+/manifest\.json")
_BARE = re.compile(r"[^/]+/manifest\.json")
_DISCOVERY = ("bluetooth", "dhcp", "homekit", "mqtt", "ssdp", "usb", "zeroconf")
_LOCAL = {
    "local_polling": "asks devices in the local network",
    "local_push": "is told by devices in the local network",
    "calculated": "calculates from what Home Assistant knows",
}
_CLOUD = {"cloud_polling": "asks a service in the internet", "cloud_push": "is told by a service in the internet"}


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the manifest lies. `folder` is the integration's own, with a slash; empty: the root."""

    path: str
    folder: str


def detect(tree: Tree) -> Detection | None:
    """A manifest with a `domain`, in `custom_components`, at the root, or in the one folder there is."""
    found = _found(tree)
    return Detection(SPECIFIC, found.path) if found else None


def read(tree: Tree, _filename: str) -> Package:
    """Read an integration; raises PackageRefused."""
    found = _found(tree)
    if found is None:  # detect has seen it
        raise PackageRefused("manifest-missing", "The integration has no manifest.json with a domain.")
    document = tree.json_object(found.path)
    problems: list[Problem] = [*manifest_problems(document, found.folder)]
    hacs = tree.json_object_or_none(HACS)
    problems += hacs_problems(tree, hacs, at_root=not found.folder)
    metadata = _metadata(document)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", "home-assistant", metadata.name, metadata.version).to_string(),
        files=tree.files,
        manifest_path=found.path,
        entry_points=_entry_points(tree, found.folder),
        dependencies=tuple(_dependencies(tree, document, problems)),
        derived=_derived(document.data),
        problems=tuple(problems),
    )


def _found(tree: Tree) -> _Found | None:
    nested = [file.path for file in tree.files if _NESTED.fullmatch(file.path)]
    if len(nested) > 1:
        message = f"The package holds two integrations: {quote(nested[0])} and {quote(nested[1])}."
        raise PackageRefused("duplicate-manifest", message)
    if not nested and len(tree.root_names) == 1:  # `custom_components` was the archive's one top folder
        nested = [file.path for file in tree.files if _BARE.fullmatch(file.path)]
    for path in (*nested, _MANIFEST):
        document = tree.json_object(path) if path.startswith("custom_components/") else tree.json_object_or_none(path)
        if document is not None and "domain" in document.data:
            return _Found(path, path.removesuffix(_MANIFEST))
    return None


def _metadata(document: Document) -> Metadata:
    data = document.data
    owners = texts(data.get("codeowners"), 100)
    return Metadata(
        name=plain_name(data.get("domain"), document.path),
        version=loose_version(data.get("version"), document.path),
        description=clean(data.get("name"), 500),
        author=listed(owners),
        contact=clean(data.get("issue_tracker"), 300),
        homepage=clean(data.get("documentation"), 500),
    )


def _entry_points(tree: Tree, folder: str) -> tuple[str, ...]:
    """What Home Assistant imports: the package, and every module right in it (platforms, config flow)."""
    inside = (file.path for file in tree.files if file.path.startswith(folder) and file.path.endswith(".py"))
    modules = [path for path in inside if "/" not in path.removeprefix(folder)]
    return tuple(dict.fromkeys([f"{folder}__init__.py", *modules]))


def _dependencies(tree: Tree, document: Document, problems: list[Problem]) -> list[Dependency]:
    """`requirements` are installed by pip when the integration is loaded."""
    stated = document.data.get("requirements", [])
    if len(as_list(stated)) > MAX_DEPENDENCIES:
        raise too_many_dependencies(document.path)
    wanted = [
        (text if isinstance(text, str) else "?", document.line("requirements", str(index)))
        for index, text in enumerate(as_list(stated))
    ]
    return [
        *collect(wanted, scope="runtime", path=document.path, problems=problems),
        *read_requirement_files(tree, problems, scope="dev"),
    ]


def _derived(data: dict[str, Any]) -> Derived:
    iot = clean(data.get("iot_class"), 40)
    capabilities: set[Capability] = set()
    says = []
    if iot in _CLOUD:
        capabilities.add(Capability.NETWORK_OUTBOUND)
        says.append(f"iot_class {iot}: it {_CLOUD[iot]}.")
    elif iot in _LOCAL:
        says.append(f"iot_class {iot}: it {_LOCAL[iot]}, so it should talk to no host in the internet.")
    if iot in _LOCAL and iot != "calculated":
        capabilities.add(Capability.NETWORK_OUTBOUND)
    if discovery := [key for key in _DISCOVERY if data.get(key)]:
        says.append(f"Is offered when a device is found by: {', '.join(discovery)}.")
    if needed := texts(data.get("dependencies"), 100):
        says.append(f"Needs the integrations: {listed(needed)}.")
    if after := texts(data.get("after_dependencies"), 100):
        says.append(f"Is loaded after: {listed(after)}.")
    if data.get("config_flow") is True:
        says.append("Is set up in the user interface (config_flow).")
    local = f"iot_class {iot}" if iot in _LOCAL else ""
    return Derived(frozenset(capabilities), says=tuple(says), local_only=local)


FORMAT = Format(
    name=NAME,
    label="Home Assistant integration",
    recognised_by="`manifest.json` with a `domain`, in `custom_components/<domain>/` or at the root",
    derives="`iot_class`: cloud is outbound traffic, local or calculated means no host in the internet; discovery",
    detect=detect,
    read=read,
)
