"""n8n community nodes. Source: n8n's own lint rules, `docs/rules/n8n-object-validation.md` of its ESLint plugin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Capability
from plugins.documents import Document, clean, quote
from plugins.formats.npm import MANIFEST, npm_manifest, read_npm_package
from plugins.formats.npm_entries import refuse_endless
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from plugins.package import Package

NAME = "n8n-node"
_KEYWORD = "n8n-community-node-package"
_PACKAGE_NAME = re.compile(r"(?:@[^/]+/)?n8n-nodes-.+")
_CREDENTIAL = re.compile(r"(?:.*/)?([^/]+?)(?:\.credentials)?\.[cm]?[jt]s")


def detect(tree: Tree) -> Detection | None:
    """An `n8n` object, the keyword or the name make a package an n8n node."""
    document = npm_manifest(tree)
    if document is None:
        return None
    keywords, name = document.data.get("keywords"), document.data.get("name")
    named = isinstance(name, str) and _PACKAGE_NAME.fullmatch(name)
    tagged = isinstance(keywords, list) and _KEYWORD in keywords
    return Detection(SPECIFIC, MANIFEST) if "n8n" in document.data or tagged or named else None


def read(tree: Tree, _filename: str) -> Package:
    """Read an n8n node; raises PackageRefused."""
    document = tree.json_object(MANIFEST)
    problems: list[Problem] = []
    stated = _object(document, problems)
    nodes = _paths(document, stated, "nodes", problems)
    credentials = _paths(document, stated, "credentials", problems)
    if not nodes:
        problems.append(_problem(document, "n8n-nodes-missing", "n8n.nodes lists no node.", "nodes"))
    return read_npm_package(
        tree,
        format_name=NAME,
        entry_points=(*nodes, *credentials),
        needs_code=True,
        problems=problems,
        derived=_derived(credentials),
    )


def _object(document: Document, problems: list[Problem]) -> dict[str, Any]:
    stated = document.data.get("n8n")
    if not isinstance(stated, dict):
        problems.append(
            _problem(document, "n8n-object-missing", "package.json has no n8n object that lists its nodes.")
        )
        return {}
    version = stated.get("n8nNodesApiVersion")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        message = "n8n.n8nNodesApiVersion is not a positive whole number."
        problems.append(_problem(document, "n8n-api-version", message, "n8nNodesApiVersion"))
    return stated


def _paths(document: Document, stated: dict[str, Any], key: str, problems: list[Problem]) -> list[str]:
    value = stated.get(key, [])
    if isinstance(value, list):
        refuse_endless(document, value)
    if not isinstance(value, list) or not all(isinstance(path, str) and path for path in value):
        problems.append(_problem(document, "manifest-wrong-type", f"n8n.{key} is not a list of paths.", key))
        return []
    for index, path in enumerate(value):
        if not path.startswith("dist/"):
            message = f"n8n.{key} names {quote(path)}, which does not lie in dist/."
            problems.append(_problem(document, "n8n-path-outside-dist", message, key, str(index)))
    return value


def _problem(document: Document, rule: str, message: str, *keys: str) -> Problem:
    return Problem(rule, message, document.path, document.line("n8n", *keys) or document.line("n8n"))


def _derived(credentials: list[str]) -> Derived:
    matches = (_CREDENTIAL.fullmatch(path) for path in credentials)
    names = tuple(dict.fromkeys(clean(match[1], 100) for match in matches if match))
    return Derived(capabilities=frozenset({Capability.SECRETS_READ} if names else ()), secrets=names)


FORMAT = Format(NAME, detect, read)
