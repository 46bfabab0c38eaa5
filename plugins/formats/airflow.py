"""Airflow providers: an entry point group, the classifier, or a function `get_provider_info()` that returns a dict.

Source: Airflow's documentation, "Provider packages: creating your own providers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.vocabulary import Capability
from plugins.documents import clean
from plugins.formats import python_package
from plugins.formats.python_kinds import as_python, classifiers, entry_group, packages, read_as
from plugins.formats.python_source import parse_module, returned
from plugins.formats.tree import Detection, Format, Tree
from plugins.formats.values import as_list, as_object, listed, texts
from plugins.package import Derived, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Package

NAME = "airflow-provider"
_GROUP = "apache_airflow_provider"
_CLASSIFIER = "Framework :: Apache Airflow :: Provider"
_FUNCTION = "get_provider_info"
_MAX_FILES = 40
_LISTS = ("operators", "sensors", "hooks", "triggers", "transfers", "task-decorators", "notifications")


class _Info:
    """What `get_provider_info` returns, and where."""

    def __init__(self, path: str, line: int, data: dict[str, object]) -> None:
        self.path, self.line, self.data = path, line, data


def detect(tree: Tree) -> Detection | None:
    """Any of the three signs in a Python package."""
    if not as_python(tree, ""):
        return None
    if entry_group(tree, _GROUP):
        return as_python(tree, "entry points")
    if _CLASSIFIER in classifiers(tree):
        return as_python(tree, "classifiers")
    info = _info(tree)
    return as_python(tree, info.path) if info else None


def read(tree: Tree, filename: str) -> Package:
    """Read the package; raises PackageRefused."""
    info = _info(tree)
    return read_as(
        NAME,
        tree,
        filename,
        derived=_derived(info),
        judge=lambda package: _problems(tree, info, package),
        entries=_entries(tree, info),
    )


def _info(tree: Tree) -> _Info | None:
    tops = packages(tree)
    more = [file.path for file in tree.files if file.path.endswith(f"/{_FUNCTION}.py")]
    for path in [*tops, *more][:_MAX_FILES]:
        if _FUNCTION not in tree.code(path):
            continue
        module = parse_module(tree, path)
        function = module.functions.get(_FUNCTION) if module else None
        if function is not None:
            data, line = returned(function)
            return _Info(path, line or function.lineno, as_object(data))
    return None


def _derived(info: _Info | None) -> Derived:
    data = info.data if info else {}
    kinds = [as_object(one).get("connection-type") for one in as_list(data.get("connection-types"))]
    connections = texts(kinds, 100)
    says = []
    if connections:
        says.append(f"Adds connections of the types: {listed(connections)}.")
    hooks = texts(data.get("hook-class-names"), 200)
    hooks += texts([as_object(one).get("hook-class-name") for one in as_list(data.get("connection-types"))], 200)
    if hooks:
        says.append(f"Connects by the hooks: {listed(tuple(dict.fromkeys(hooks)))}.")
    offered = tuple(key for key in _LISTS if data.get(key))
    if offered:
        says.append(f"Brings: {', '.join(offered)}.")
    if extra := texts(data.get("extra-links"), 200):
        says.append(f"Adds links to Airflow's pages: {listed(extra)}.")
    capabilities = {Capability.SECRETS_READ, Capability.NETWORK_OUTBOUND} if connections or hooks else set()
    secrets = tuple(f"connection {kind}"[:100] for kind in connections)
    return Derived(frozenset(capabilities), secrets=secrets, says=tuple(says))


def _problems(tree: Tree, info: _Info | None, package: Package) -> Iterator[Problem]:
    if info is None:
        message = f"No {_FUNCTION}() says what the provider brings, as far as it can be read without running it."
        yield Problem("airflow-info-missing", message, package.manifest_path)
        return
    for key in ("package-name", "name", "description"):
        if not clean(info.data.get(key)):
            yield Problem("airflow-info-field", f"{_FUNCTION}() states no {key}.", info.path, info.line)
    stated = clean(info.data.get("package-name"))
    if stated and stated.replace("_", "-").lower() != package.metadata.name.replace("_", "-").lower():
        yield Problem("identity-mismatch", "package-name is not the name in the metadata.", info.path, info.line)
    if not entry_group(tree, _GROUP):
        message = f"The entry point group {_GROUP} is missing, so Airflow does not find the provider."
        yield Problem("airflow-entry-point-missing", message, package.manifest_path)


def _entries(tree: Tree, info: _Info | None) -> Iterator[str]:
    if info is None:
        return
    yield info.path
    data = info.data
    classes = [as_object(one).get("hook-class-name") for one in as_list(data.get("connection-types"))]
    for dotted in texts([*classes, *as_list(data.get("hook-class-names"))]):
        module = dotted.rpartition(".")[0]
        yield next((path for path in python_package.module_files(module) if path in tree), "")


FORMAT = Format(
    name=NAME,
    label="Airflow provider",
    recognised_by="a Python package with the entry point group `apache_airflow_provider`, its classifier, or "
    "`get_provider_info()`",
    derives="connection types as secrets and outbound traffic",
    detect=detect,
    read=read,
    refines=python_package.FORMAT,
)
