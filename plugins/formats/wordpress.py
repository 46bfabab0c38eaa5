"""WordPress plugins: a PHP file at the top whose first comment says `Plugin Name:`, and `readme.txt`.

Sources: WordPress' plugin handbook, "Header Requirements" (the first 8 KiB count) and "How your readme.txt works", and
the guidelines of its plugin directory (services a plugin talks to are named in the readme).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packageurl import PackageURL

from governance.vocabulary import Capability
from plugins.documents import clean, quote
from plugins.formats.identity import loose_version, plain_name
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import address_host, listed, unique_hosts
from plugins.package import Derived, EgressHost, Metadata, Package, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "wordpress-plugin"
README = "readme.txt"
_HEAD = 8192
_MAX_README = 256 * 1024
_MAX_CANDIDATES = 200
_PLUGIN_NAME = re.compile(rb"^(?:[ \t]*<\?php)?[ \t/*#@]*Plugin Name:", re.IGNORECASE | re.MULTILINE)
_HEADERS = (
    *("Plugin Name", "Plugin URI", "Version", "Description", "Author", "Author URI", "License", "License URI"),
    *("Text Domain", "Domain Path", "Network", "Requires at least", "Requires PHP", "Update URI", "Requires Plugins"),
)
_README_FIELDS = ("Contributors", "Tags", "Tested up to", "Stable tag", "License", "Requires at least", "Requires PHP")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,213}")
_TITLE = re.compile(r"^===\s*(.+?)\s*===\s*$", re.MULTILINE)
_SECTION = re.compile(r"^==(?!=)\s*(.+?)\s*==(?!=)\s*$", re.MULTILINE)
_SERVICES = re.compile(r"external|third[- ]party|services?|privacy", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s)>\]\"']{1,500}")
_MAX_ADDRESSES = 500


def detect(tree: Tree) -> Detection | None:
    """A PHP file at the root with the header."""
    main = next(iter(_main_files(tree)), None)
    return Detection(SPECIFIC, main) if main else None


def read(tree: Tree, _filename: str) -> Package:
    """Read a plugin; raises PackageRefused for a bad name or version."""
    main, *others = _main_files(tree)
    headers, lines = _headers(_head(tree, main))
    readme = _readme(tree)
    metadata = _metadata(headers, main)
    problems = [
        Problem("wordpress-several-plugins", f"{quote(main)} has a plugin header, too.", path, 1) for path in others
    ]
    problems += [*_header_problems(headers, lines, main), *_readme_problems(tree, readme, metadata.version)]
    return Package(
        format=NAME,
        metadata=metadata,
        purl=PackageURL("generic", "wordpress-plugin", metadata.name, metadata.version).to_string(),
        files=tree.files,
        manifest_path=main,
        entry_points=(main, *(path for path in ("uninstall.php",) if path in tree)),
        derived=_derived(headers, readme),
        problems=tuple(problems),
    )


def _main_files(tree: Tree) -> list[str]:
    top = [file.path for file in tree.files if "/" not in file.path and file.path.lower().endswith(".php")]
    return [path for path in top[:_MAX_CANDIDATES] if _PLUGIN_NAME.search(_head(tree, path))]


def _head(tree: Tree, path: str) -> bytes:
    with tree.root.joinpath(path).open("rb") as file:
        return file.read(_HEAD)


def _headers(head: bytes) -> tuple[dict[str, str], dict[str, int]]:
    """The headers and their lines; the first of a name counts, as WordPress has it."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    names = {name.lower(): name for name in _HEADERS}
    for number, text in enumerate(head.decode("utf-8", "replace").replace("\r", "\n").split("\n"), 1):
        stated, colon, value = text.removeprefix("<?php").lstrip(" \t/*#@").partition(":")
        name = names.get(stated.strip().lower())
        if colon and name and name not in found:
            found[name] = clean(re.sub(r"\s*(?:\*/|\?>).*", "", value), 1000)
            lines[name] = number
    return found, lines


def _metadata(headers: dict[str, str], main: str) -> Metadata:
    stem = main.rpartition(".")[0]
    domain = headers.get("Text Domain", "")
    return Metadata(
        name=plain_name(domain if _SLUG.fullmatch(domain) else stem, main),
        version=loose_version(headers.get("Version"), main),
        description=headers.get("Description", ""),
        license=headers.get("License", "")[:200],
        author=headers.get("Author", "")[:300],
        contact=headers.get("Author URI", "")[:300] or headers.get("Plugin URI", "")[:300],
        homepage=headers.get("Plugin URI", "")[:500],
    )


def _header_problems(headers: dict[str, str], lines: dict[str, int], main: str) -> Iterator[Problem]:
    for name in ("Description", "Author", "License", "Text Domain", "Requires at least", "Requires PHP"):
        if not headers.get(name):
            yield Problem("wordpress-header-missing", f"The header {name} is missing.", main, lines["Plugin Name"])
    domain = headers.get("Text Domain", "")
    if domain and not _SLUG.fullmatch(domain):
        message = "The text domain is no slug of small letters, digits and dashes."
        yield Problem("wordpress-text-domain", message, main, lines["Text Domain"])
    for name in ("Requires at least", "Requires PHP"):
        if headers.get(name) and not re.fullmatch(r"\d+(?:\.\d+){0,2}", headers[name]):
            yield Problem("wordpress-header-version", f"{name} is no version number.", main, lines[name])
    if headers.get("Update URI"):
        message = "Update URI: updates come from elsewhere than the plugin directory."
        yield Problem("wordpress-update-uri", message, main, lines["Update URI"])
    for slug in _required(headers):
        if not _SLUG.fullmatch(slug):
            message = f"Requires Plugins names {quote(slug)}, which is no slug."
            yield Problem("wordpress-requires-plugins", message, main, lines["Requires Plugins"])


def _required(headers: dict[str, str]) -> list[str]:
    return [slug.strip() for slug in headers.get("Requires Plugins", "").split(",")[:50] if slug.strip()]


def _readme(tree: Tree) -> str:
    path = next((path for path in (README, "README.txt") if path in tree), "")
    if not path or tree.by_path[path].size > _MAX_README:
        return ""
    return tree.root.joinpath(path).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _readme_problems(tree: Tree, readme: str, version: str) -> Iterator[Problem]:
    if README not in tree:
        yield Problem("wordpress-readme-missing", "There is no readme.txt of a size that can be read.", README)
        return
    if not _TITLE.search(readme):
        yield Problem("wordpress-readme-title", "readme.txt begins with no === Name ===.", README, 1)
    head = readme[: _SECTION.search(readme).start()] if _SECTION.search(readme) else readme  # type: ignore[union-attr]
    stated: dict[str, tuple[str, int]] = {}
    for number, text in enumerate(head.split("\n"), 1):
        name, colon, value = text.partition(":")
        if colon and name.strip() in _README_FIELDS:
            stated.setdefault(name.strip(), (value.strip(), number))
    for name in ("Stable tag", "Tested up to", "License"):
        if not stated.get(name, ("",))[0]:
            yield Problem("wordpress-readme-field", f"readme.txt states no {name}.", README, 1)
    tag, line = stated.get("Stable tag", ("", 0))
    if tag == "trunk" or (tag and tag != version):
        message = f"The stable tag {quote(tag)} is not the version of this plugin."
        yield Problem("wordpress-stable-tag", message, README, line)


def _derived(headers: dict[str, str], readme: str) -> Derived:
    says = []
    if required := _required(headers):
        says.append(f"Needs the plugins: {listed(tuple(clean(slug, 100) for slug in required))}.")
    if headers.get("Network", "").lower() == "true":
        says.append("Network: it is switched on for every site of a network at once.")
    if headers.get("Update URI"):
        says.append(f"Update URI: it looks for updates at {headers['Update URI'][:200]}.")
    hosts = list(_services(readme))
    if update := address_host(headers.get("Update URI"), "updates, by its Update URI"):
        hosts.append(update)
    capabilities = {Capability.NETWORK_OUTBOUND} if hosts else set()
    return Derived(frozenset(capabilities), unique_hosts(hosts), says=tuple(says))


def _services(readme: str) -> Iterator[EgressHost]:
    """The hosts in those sections of the readme that name external services."""
    sections = list(_SECTION.finditer(readme))
    for index, section in enumerate(sections):
        if not _SERVICES.search(section[1]):
            continue
        end = sections[index + 1].start() if index + 1 < len(sections) else len(readme)
        for match in list(_ADDRESS.finditer(readme, section.end(), end))[:_MAX_ADDRESSES]:
            host = address_host(match[0].rstrip(".,;:"), "service named in the readme")
            if host and host.host != "*":
                yield host


FORMAT = Format(
    name=NAME,
    label="WordPress plugin",
    recognised_by="a PHP file at the top with the header `Plugin Name:`",
    derives="services named in `readme.txt` and the `Update URI` as hosts; plugins it requires",
    detect=detect,
    read=read,
)
