"""Node-RED nodes and plugins. Source: Node-RED's documentation, "Packaging your node", and its scorecard's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Capability
from plugins.documents import Document, clean, quote
from plugins.formats import node_red_rules
from plugins.formats.npm import MANIFEST, npm_manifest, read_npm_package
from plugins.formats.npm_entries import normalise, refuse_endless
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from plugins.package import Package

NAME = "node-red-node"
_KEY = "node-red"
_MAX_FILES = 200
_PASSWORD = re.compile(r"[\"']?(\w{1,100})[\"']?\s*:\s*\{\s*[\"']?type[\"']?\s*:\s*[\"']password[\"']")
_ENDPOINTS = (("RED.httpAdmin", "the editor"), ("RED.httpNode", "the flows' own web server"))
_PACKAGE_NAME = re.compile(r"(?:@[^/]+/)?node-red-contrib-.+")


def detect(tree: Tree) -> Detection | None:
    """A `node-red` object makes a package a Node-RED node, or its keyword together with a `node-red-contrib-` name."""
    document = npm_manifest(tree)
    if document is None:
        return None
    keywords, name = document.data.get("keywords"), document.data.get("name")
    named = isinstance(name, str) and _PACKAGE_NAME.fullmatch(name)
    tagged = isinstance(keywords, list) and _KEY in keywords
    return Detection(SPECIFIC, MANIFEST) if _KEY in document.data or (named and tagged) else None


def read(tree: Tree, _filename: str) -> Package:
    """Read a Node-RED node; raises PackageRefused."""
    document = tree.json_object(MANIFEST)
    problems: list[Problem] = []
    stated = document.data.get(_KEY)
    if not isinstance(stated, dict):
        stated = {}
        problems.append(_problem(document, "node-red-object-missing", "package.json has no node-red object."))
    scripts = [path for key in ("nodes", "plugins") for path in _paths(document, stated, key, problems)]
    if not scripts:
        problems.append(
            _problem(document, "node-red-nodes-missing", "The node-red object lists no node and no plugin.")
        )
    pages = _pages(tree, scripts)
    code = {path: tree.code(path) for path in map(normalise, scripts[:_MAX_FILES]) if path}
    return read_npm_package(
        tree,
        format_name=NAME,
        entry_points=[*scripts, *pages],
        needs_code=True,
        problems=(*problems, *node_red_rules.judge(tree, document, stated, code, pages)),
        derived=_derived(code),
    )


def _paths(document: Document, stated: dict[str, Any], key: str, problems: list[Problem]) -> list[str]:
    value = stated.get(key, {})
    if not isinstance(value, dict):
        problems.append(_problem(document, "manifest-wrong-type", f"node-red.{key} is not an object.", key))
        return []
    refuse_endless(document, value)
    for name, path in value.items():
        if not isinstance(path, str) or not path:
            message = f"node-red.{key} gives no path for {quote(name)}."
            problems.append(_problem(document, "manifest-wrong-type", message, key, name))
    return [path for path in value.values() if isinstance(path, str) and path]


def _derived(code: dict[str, str]) -> Derived:
    """Secrets are the password fields among a node's `credentials`; HTTP endpoints are those of its own code."""
    secrets = [clean(name, 100) for text in code.values() if "credentials" in text for name in _PASSWORD.findall(text)]
    says = [
        f"{quote(path)}: adds HTTP endpoints to {where}."
        for path, text in code.items()
        for call, where in _ENDPOINTS
        if call in text
    ]
    capabilities = {Capability.SECRETS_READ} if secrets else set()
    if says:
        capabilities.add(Capability.NETWORK_LISTEN)
    return Derived(frozenset(capabilities), secrets=tuple(dict.fromkeys(secrets)), says=tuple(says))


def _pages(tree: Tree, scripts: list[str]) -> list[str]:
    """Give the `.html` that Node-RED loads into the editor beside each script."""
    plain = (normalise(path) for path in scripts)
    pages = (re.sub(r"\.[^./]+$", "", path) + ".html" for path in plain if path)
    return [page for page in dict.fromkeys(pages) if page in tree]


def _problem(document: Document, rule: str, message: str, *keys: str) -> Problem:
    return Problem(rule, message, document.path, document.line(_KEY, *keys) or document.line(_KEY))


FORMAT = Format(
    name=NAME,
    label="Node-RED node",
    recognised_by="`package.json` with a `node-red` object, or its keyword and a name `node-red-contrib-…`",
    derives="password fields among `credentials` as secrets; `RED.httpAdmin` and `RED.httpNode` as listening",
    detect=detect,
    read=read,
)
