"""All formats, and how one of them is chosen: the surest sign wins, two equally sure ones are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plugins.declaration import declaration_paths, read_declaration
from plugins.documents import PackageRefused, quote
from plugins.formats import (
    airflow,
    baserow,
    budibase,
    django_app,
    generic,
    home_assistant,
    n8n,
    nautobot,
    netbox,
    node_red,
    power_platform,
    python_package,
    superset,
    wordpress,
)
from plugins.formats.identity import MAX_DEPENDENCIES, too_many_dependencies
from plugins.formats.locks.read import with_locks
from plugins.formats.php_vendored import php_vendored
from plugins.formats.python_vendored import vendored
from plugins.formats.tree import Format, Tree
from plugins.package import Declaration, Problem
from plugins.reported_tests import read_reports

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plugins.archive import Unpacked
    from plugins.package import Package

_MAX_PROBLEMS = 500

FORMATS: tuple[Format, ...] = (
    n8n.FORMAT,
    node_red.FORMAT,
    budibase.FORMAT,
    power_platform.FORMAT,
    wordpress.FORMAT,
    home_assistant.FORMAT,
    superset.FORMAT,
    baserow.FORMAT,
    netbox.FORMAT,
    nautobot.FORMAT,
    airflow.FORMAT,
    django_app.FORMAT,
    python_package.FORMAT,
    generic.FORMAT,
)


def read_package(root: Path, unpacked: Unpacked, *, filename: str) -> Package:
    """Recognise the format of an unpacked archive and read everything intake knows of it, executing nothing.

    `filename` is the artifact's own name, without folders. Raises PackageRefused, with a code and one plain sentence,
    whatever the files hold.
    """
    own = tuple(file for file in unpacked.files if not file.container)
    tree = Tree(root, own)
    try:
        package = with_locks(tree, _with_vendored(tree, choose(tree).read(tree, filename)))
        declaration, problems = read_declaration(root, own)
        results, coverage, faults = read_reports(declaration or Declaration(), root, own)
    except PackageRefused:
        raise
    except Exception as error:
        # The last net: manifests are hostile, and a reader's slip must refuse the package, never take the portal down.
        raise PackageRefused("unreadable", "The package's manifests cannot be read.") from error
    problems += _identity_problems(package, declaration, unpacked)
    nested = (file for file in unpacked.files if file.container)
    return replace(
        package,
        files=tuple(sorted([*package.files, *nested], key=lambda file: file.path)),
        declaration=declaration,
        test_results=results,
        coverage=coverage,
        problems=_clipped((*faults, *package.problems, *problems)),
    )


def _with_vendored(tree: Tree, package: Package) -> Package:
    """The package with the Python and PHP packages that lie inside it."""
    problems: list[Problem] = []
    found = vendored(tree, own=package.manifest_path, name=package.metadata.name, problems=problems)
    found += php_vendored(tree, problems)
    if len(package.dependencies) + len(found) > MAX_DEPENDENCIES:
        raise too_many_dependencies("The package")
    known = {(one.ecosystem, one.name, one.pinned, one.scope) for one in package.dependencies}
    new = [one for one in found if (one.ecosystem, one.name, one.pinned, one.scope) not in known]
    return replace(package, dependencies=(*package.dependencies, *new), problems=(*package.problems, *problems))


def choose(tree: Tree) -> Format:
    """Give the format a tree is of; raises PackageRefused `ambiguous-format` naming two that fit equally well."""
    tried = ((candidate.detect(tree), candidate) for candidate in FORMATS)
    found = [(detection, candidate) for detection, candidate in tried if detection is not None]
    best = max(detection.specificity for detection, _ in found)
    fitting = [(detection, candidate) for detection, candidate in found if detection.specificity == best]
    kinds = [candidate for _, candidate in fitting]
    first, *others = [pair for pair in fitting if not _refined(pair[1], kinds)]
    if others:
        (one, one_format), (other, other_format) = first, others[0]
        message = (
            f"The package is a {one_format.name} (by {quote(one.manifest)}) and a {other_format.name} "
            f"(by {quote(other.manifest)}) at once; it must be one of them."
        )
        raise PackageRefused("ambiguous-format", message)
    return first[1]


def _refined(general: Format, kinds: Iterable[Format]) -> bool:
    """Whether one of the others is a kind of this format: a NetBox plugin is a Python package, and no less one."""
    return any(other is not general and other.is_a(general.name) for other in kinds)


def by_name(name: str) -> Format | None:
    """The format of this name."""
    return next((known for known in FORMATS if known.name == name), None)


def _clipped(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Keep a flood of problems from becoming a flood of findings, and say so."""
    if len(problems) <= _MAX_PROBLEMS:
        return problems
    more = f"{len(problems) - _MAX_PROBLEMS} more problems are left out."
    return (*problems[:_MAX_PROBLEMS], Problem("problems-left-out", more))


def _identity_problems(package: Package, declaration: Declaration | None, unpacked: Unpacked) -> tuple[Problem, ...]:
    """Report a declaration written for another plugin or version."""
    plugin = declaration.raw.get("plugin") if declaration else None
    if not isinstance(plugin, dict):
        return ()
    if (plugin["name"], plugin["version"]) == (package.metadata.name, package.metadata.version):
        return ()
    message = f"The declaration is for {quote(plugin['name'])} {quote(plugin['version'])}, not for this package."
    return (Problem("identity-mismatch", message, declaration_paths(unpacked.files)[0]),)
