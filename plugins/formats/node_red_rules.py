"""The rules of Node-RED's scorecard that a package alone can answer: P02 to P07, N01, N02, D01, D02, and what is odd.

Source: "Node package scorecard" of Node-RED's documentation. Licence (P01) and similar names (P08) are judged for every
format alike; whether a dependency is outdated (D03) needs a registry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugins.advisories.npm_ranges import RangeInvalid, parse_range
from plugins.advisories.versions import NPM, version_key
from plugins.documents import clean, quote
from plugins.formats.values import as_list, as_object
from plugins.package import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.documents import Document
    from plugins.formats.tree import Tree

_NAME = re.compile(r"@[^/]+/.+|node-red-contrib-.+|node-red-node-.+")
_KEYS = frozenset({"nodes", "plugins", "version", "examples"})
_REGISTERED = re.compile(r"registerType\(\s*[\"']([^\"']{1,200})[\"']")
_EXAMPLE = re.compile(r"examples/(?:.*/)?[^/]+\.json")
_MOST_DEPENDENCIES = 6
BAD = {"agent-base": (">=6.0.0", ("2.1.1", "4.2.1", "4.3.0", "5.1.1"))}
"""D02: packages that break Node-RED, what to ask for instead, and the last bad versions of each line."""
_MAX_EXAMPLES = 200
_MAX_NAMED = 20


def judge(
    tree: Tree, document: Document, stated: dict[str, Any], code: dict[str, str], pages: list[str]
) -> Iterator[Problem]:
    """What the scorecard would hold against the package; `code` is the text of its scripts by path."""
    yield from _manifest(document, stated)
    yield from _twice(code)
    yield from _without_page(code, pages)
    yield from _without_example(tree, document, stated)


def _may_be_bad(name: str, requirement: str) -> bool:
    """Whether npm may choose a bad version; what cannot be read as a range is not said to be one."""
    try:
        wanted = parse_range(requirement)
    except RangeInvalid:
        return False
    return any(wanted.allows(version_key(NPM, version)) for version in BAD[name][1])


def _manifest(document: Document, stated: dict[str, Any]) -> Iterator[Problem]:
    data = document.data
    repository = data.get("repository")
    address = clean(repository.get("url") if isinstance(repository, dict) else repository)
    name = clean(data.get("name"))
    last = re.sub(r"(?:\.git)?/?(?:#.*)?$", "", address).rpartition("/")[2].rpartition(":")[2]
    if address and last.lower() != name.rpartition("/")[2].lower():
        yield _problem(
            document, "node-red-repository-name", "The repository is not named like the package.", "repository"
        )
    if not address and not data.get("bugs"):
        yield _problem(document, "node-red-repository-missing", "Neither repository nor bugs is stated.", "name")
    if name and not _NAME.fullmatch(name):
        yield _problem(document, "node-red-name", "The name has no scope and is not node-red-contrib-….", "name")
    if "node-red" not in as_list(data.get("keywords")):
        yield _problem(document, "node-red-keyword-missing", "The keyword node-red is missing.", "keywords")
    if not clean(stated.get("version")):
        yield _problem(document, "node-red-version-missing", "node-red.version names no version range.", "node-red")
    if not clean(as_object(data.get("engines")).get("node")):
        yield _problem(document, "node-red-engines-missing", "engines.node names no version range.", "engines")
    if len(as_object(data.get("dependencies"))) > _MOST_DEPENDENCIES:
        message = f"It has more than {_MOST_DEPENDENCIES} dependencies."
        yield _problem(document, "node-red-many-dependencies", message, "dependencies")
    for name in BAD.keys() & as_object(data.get("dependencies")).keys():
        requirement = as_object(data["dependencies"])[name]
        if isinstance(requirement, str) and _may_be_bad(name, requirement):
            message = f"{name} {quote(requirement)} may be a version that breaks Node-RED; ask for {BAD[name][0]}."
            yield Problem("node-red-bad-package", message, document.path, document.line("dependencies", name))
    for key in list(stated.keys() - _KEYS)[:_MAX_NAMED]:
        line = document.line("node-red", key)
        yield Problem("node-red-unknown-key", f"Node-RED knows no key {quote(key)}.", document.path, line)


def _twice(code: dict[str, str]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, text in code.items():
        for kind in dict.fromkeys(_REGISTERED.findall(text)):
            if kind in seen and seen[kind] != path:
                message = f"The node type {quote(kind)} is also registered by {quote(seen[kind])}."
                yield Problem("node-red-type-twice", message, path)
            seen.setdefault(kind, path)


def _without_page(code: dict[str, str], pages: list[str]) -> Iterator[Problem]:
    stems = {page.rpartition(".")[0] for page in pages}
    for path, text in code.items():
        if text and path.rpartition(".")[0] not in stems and "registerType" in text:
            message = "No .html of the same name tells the editor what the node looks like."
            yield Problem("node-red-page-missing", message, path)


def _without_example(tree: Tree, document: Document, stated: dict[str, Any]) -> Iterator[Problem]:
    paths = [file.path for file in tree.files if _EXAMPLE.fullmatch(file.path)][:_MAX_EXAMPLES]
    shown = "".join(map(tree.code, paths))
    missing = [name for name in as_object(stated.get("nodes")) if f'"{name}"' not in shown]
    if missing:
        named = ", ".join(map(quote, missing[:3]))
        message = f"examples/ holds no flow with {len(missing)} of its node types, such as {named}."
        yield Problem("node-red-example-missing", message, document.path, document.line("node-red", "nodes"))


def _problem(document: Document, rule: str, message: str, key: str) -> Problem:
    return Problem(rule, message, document.path, document.line(key) or 1)
