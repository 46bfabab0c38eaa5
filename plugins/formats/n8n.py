"""n8n community nodes. Source: n8n's own lint rules, `docs/rules/n8n-object-validation.md` of its ESLint plugin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Capability
from plugins.documents import Document, clean, quote
from plugins.formats import n8n_rules
from plugins.formats.npm import MANIFEST, npm_manifest, read_npm_package
from plugins.formats.npm_entries import refuse_endless
from plugins.formats.npm_hooks import BUILD_SCRIPTS, INSTALL_SCRIPTS
from plugins.formats.tree import SPECIFIC, Detection, Format, Tree
from plugins.formats.values import address_host, as_object, unique_hosts
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import EgressHost, Package

NAME = "n8n-node"
_KEYWORD = "n8n-community-node-package"
_PACKAGE_NAME = re.compile(r"(?:@[^/]+/)?n8n-nodes-.+")
_CREDENTIAL = re.compile(r"(?:.*/)?([^/]+?)(?:\.credentials)?\.[cm]?[jt]s")
_BASE = re.compile(r"\b(?:baseURL|baseUrl|url)\s*:\s*[\"'`](https?://[^\"'`\s]{1,500})[\"'`]")
"""`requestDefaults.baseURL` of a declarative node, `test.request.baseURL` and `url` of a credential."""
_SIGN_IN = re.compile(r"\bdefault\s*:\s*[\"'`](https?://[^\"'`\s]{1,500})[\"'`]")
"""Addresses a credential's fields begin with: those of OAuth, or of a service one may host oneself."""
_FREE = re.compile(r"\b(?:baseURL|baseUrl)\s*:\s*[\"'`]=")
"""An expression: whoever fills in the credential, or the workflow, chooses the host."""
_MAX_FILES = 200


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
        problems=(*problems, *_contract(document), *n8n_rules.judge(tree)),
        derived=_derived(tree, nodes, credentials),
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


def _contract(document: Document) -> Iterator[Problem]:
    """What n8n asks of a node it verifies, as far as its package can tell."""
    data = document.data
    keywords, name = data.get("keywords"), data.get("name")
    if not isinstance(keywords, list) or _KEYWORD not in keywords:
        yield _plain(document, "n8n-keyword-missing", f"The keyword {_KEYWORD} is missing.", "keywords")
    if isinstance(name, str) and not _PACKAGE_NAME.fullmatch(name):
        yield _plain(document, "n8n-name", "The name is neither n8n-nodes-… nor @scope/n8n-nodes-….", "name")
    if data.get("license") != "MIT":
        yield _plain(document, "n8n-license", "n8n takes verified nodes under the MIT licence only.", "license")
    if as_object(data.get("dependencies")):
        message = "It has runtime dependencies, which n8n does not take in verified nodes."
        yield _plain(document, "n8n-dependencies", message, "dependencies")
    if "n8n-workflow" not in as_object(data.get("peerDependencies")):
        yield _plain(document, "n8n-peer-missing", "peerDependencies do not name n8n-workflow.", "peerDependencies")
    if data.get("overrides"):
        yield _plain(document, "n8n-overrides", "overrides replace what n8n itself brings.", "overrides")
    if not isinstance(data.get("files"), list) or not data["files"]:
        yield _plain(document, "n8n-files-missing", "files does not say what is packed.", "files")
    for script in (*INSTALL_SCRIPTS, *BUILD_SCRIPTS):
        if script in as_object(data.get("scripts")):
            message = f"The lifecycle script {script} runs when the package is installed or packed."
            yield Problem("n8n-lifecycle-script", message, MANIFEST, document.line("scripts", script))


def _problem(document: Document, rule: str, message: str, *keys: str) -> Problem:
    return Problem(rule, message, document.path, document.line("n8n", *keys) or document.line("n8n"))


def _plain(document: Document, rule: str, message: str, key: str) -> Problem:
    return Problem(rule, message, document.path, document.line(key) or 1)


def _derived(tree: Tree, nodes: list[str], credentials: list[str]) -> Derived:
    matches = (_CREDENTIAL.fullmatch(path) for path in credentials)
    names = tuple(dict.fromkeys(clean(match[1], 100) for match in matches if match))
    code = {path: tree.code(path) for path in dict.fromkeys([*credentials, *nodes][:_MAX_FILES])}
    hosts = unique_hosts(_hosts(code, set(credentials)))
    says = tuple(
        f"{quote(path)}: requests go to an address that the workflow or the credential gives."
        for path, text in code.items()
        if _FREE.search(text)
    )
    capabilities = {Capability.SECRETS_READ} if names else set()
    if hosts or says:
        capabilities.add(Capability.NETWORK_OUTBOUND)
    return Derived(frozenset(capabilities), hosts, names, says)


def _hosts(code: dict[str, str], credentials: set[str]) -> Iterator[EgressHost]:
    for path, text in code.items():
        found = [(match, "base address of its requests") for match in _BASE.findall(text)]
        if path in credentials:
            found += [(match, "address in a credential") for match in _SIGN_IN.findall(text)]
        for address, purpose in found:
            if (host := address_host(address, purpose)) and host.host != "*":
                yield host


FORMAT = Format(
    name=NAME,
    label="n8n node",
    recognised_by="`package.json` with an `n8n` object, its keyword, or a name `n8n-nodes-…`",
    derives="credentials as secrets; constant base addresses and test requests as hosts",
    detect=detect,
    read=read,
)
