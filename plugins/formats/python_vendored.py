"""Python packages that lie inside a package, each with its own metadata: vendored copies, whatever the format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from plugins.documents import PackageRefused
from plugins.formats.identity import MAX_DEPENDENCIES
from plugins.formats.python_metadata import read_core_metadata
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from plugins.formats.tree import Tree

_METADATA = re.compile(r"(?:.*/)?[^/]+(?:\.dist-info/METADATA|\.egg-info/PKG-INFO)")


def vendored(tree: Tree, *, own: str, name: str, problems: list[Problem]) -> list[Dependency]:
    """Packages with metadata of their own, but for the package itself: `own` is its metadata file, `name` its name."""
    result: list[Dependency] = []
    paths = [file.path for file in tree.files if file.path != own and _METADATA.fullmatch(file.path)]
    for path in paths[:MAX_DEPENDENCIES]:
        try:
            metadata, _raw = read_core_metadata(tree, path)
        except PackageRefused as refusal:
            problems.append(Problem("bundled-unreadable", str(refusal), path))
            continue
        found = canonicalize_name(metadata.name)
        if found != canonicalize_name(name):  # an sdist brings its own egg-info along
            pin = metadata.version
            result.append(
                Dependency(
                    "PyPI", found, f"=={pin}", "bundled", path, 1, direct=False, pinned=pin, license=metadata.license
                )
            )
    return result
