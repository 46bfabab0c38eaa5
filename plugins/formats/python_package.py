"""Python packages: wheels, sdists and source trees with a manifest."""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING

from plugins.documents import PackageRefused, clean, load_ini, quote
from plugins.formats.identity import python_name
from plugins.formats.python_metadata import build_metadata, metadata_dependencies, python_purl, read_core_metadata
from plugins.formats.python_sdist import (
    PYPROJECT,
    SETUP_PY,
    Pyproject,
    build_hooks,
    read_pyproject,
    source_dependencies,
)
from plugins.formats.python_wheel import check_wheel, dist_info, read_data_scripts, read_pth_hooks
from plugins.formats.tree import COMMON, SPECIFIC, Detection, Format, Tree
from plugins.package import Package, Problem

if TYPE_CHECKING:
    from plugins.package import Dependency, InstallHook, Metadata

NAME = "python-package"
_PKG_INFO = "PKG-INFO"
_NATIVE = (".so", ".pyd", ".dll", ".dylib")
_OBJECT = re.compile(r"\s*([A-Za-z_][\w.]*)\s*(?::|\[|$)")
_TOP_DEPTH = 2
_NOT_LOADED = frozenset({"tests", "test", "docs", "doc", "examples", "scripts", "tools", "benchmarks"})


def detect(tree: Tree) -> Detection | None:
    """A `dist-info` folder makes a wheel, `PKG-INFO` an sdist; `pyproject.toml` or `setup.py` alone weaker signs."""
    folder = dist_info(tree)
    if folder and _PKG_INFO in tree:
        raise PackageRefused("duplicate-manifest", f"The package is a wheel ({quote(folder)}) and an sdist (PKG-INFO).")
    if folder:
        return Detection(SPECIFIC, f"{folder}/METADATA")
    if _PKG_INFO in tree:
        return Detection(SPECIFIC, _PKG_INFO)
    project = SETUP_PY in tree or (PYPROJECT in tree and isinstance(read_pyproject(tree).table("project"), dict))
    return Detection(COMMON, PYPROJECT if PYPROJECT in tree else SETUP_PY) if project else None


def read(tree: Tree, filename: str) -> Package:
    """Read a Python package; raises PackageRefused."""
    if not any(file.language == "python" or file.path.endswith(_NATIVE) for file in tree.files):
        message = "The package holds no Python file, which a package of format python-package needs."
        raise PackageRefused("no-code", message)
    folder = dist_info(tree)
    return _read_wheel(tree, folder, filename) if folder else _read_source(tree)


def _read_wheel(tree: Tree, folder: str, filename: str) -> Package:
    path = f"{folder}/METADATA"
    metadata, raw = read_core_metadata(tree, path)
    problems = check_wheel(tree, folder, metadata, filename)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=python_purl(metadata),
        files=tree.files,
        manifest_path=path,
        entry_points=_entry_points(tree, f"{folder}/entry_points.txt", problems),
        dependencies=tuple(metadata_dependencies(tree, path, raw, problems)),
        install_hooks=(*_source_hooks(tree, problems), *read_pth_hooks(tree), *read_data_scripts(tree)),
        problems=tuple(problems),
    )


def _source_hooks(tree: Tree, problems: list[Problem]) -> list[InstallHook]:
    """What pip runs of a wheel that is handed to it under another name than `.whl`: it goes by the name."""
    try:
        return build_hooks(tree, read_pyproject(tree))
    except PackageRefused as refusal:
        problems.append(Problem("dependencies-unreadable", str(refusal), PYPROJECT))
        return build_hooks(tree, Pyproject({}, ""))


def _read_source(tree: Tree) -> Package:
    pyproject = read_pyproject(tree)
    problems: list[Problem] = []
    dependencies = source_dependencies(tree, pyproject, problems)
    if _PKG_INFO in tree:
        metadata, raw = read_core_metadata(tree, _PKG_INFO)
        dependencies += metadata_dependencies(tree, _PKG_INFO, raw, problems)
        problems += _name_problems(pyproject, metadata)
    else:
        metadata = _project_metadata(pyproject)
    return Package(
        format=NAME,
        metadata=metadata,
        purl=python_purl(metadata),
        files=tree.files,
        manifest_path=_PKG_INFO if _PKG_INFO in tree else PYPROJECT,
        entry_points=_entry_points(tree, "", problems),
        dependencies=tuple(_unique(dependencies)),
        install_hooks=(*build_hooks(tree, pyproject), *read_pth_hooks(tree)),
        problems=tuple(problems),
    )


def _project_metadata(pyproject: Pyproject) -> Metadata:
    """Read identity from the `[project]` table; what it computes when built is unknown without running it."""
    project = pyproject.table("project")
    if not isinstance(project, dict):
        message = (
            "The package states no name and version that can be read without running it: add PKG-INFO or [project]."
        )
        raise PackageRefused("metadata-missing", message)
    authors = project.get("authors")
    first = authors[0] if isinstance(authors, list) and authors and isinstance(authors[0], dict) else {}
    licence = project.get("license")
    urls = project.get("urls")
    raw: dict[str, object] = {
        "name": project.get("name"),
        "version": project.get("version"),
        "summary": project.get("description"),
        "license": licence.get("text") if isinstance(licence, dict) else licence,
        "author": first.get("name"),
        "author_email": first.get("email"),
        "project_urls": urls if isinstance(urls, dict) else {},
        "keywords": project.get("keywords") if isinstance(project.get("keywords"), list) else [],
    }
    return build_metadata(raw, PYPROJECT)


def _name_problems(pyproject: Pyproject, metadata: Metadata) -> list[Problem]:
    stated = pyproject.table("project", "name")
    if stated is None or _normal(stated) == _normal(metadata.name):
        return []
    message = "pyproject.toml and PKG-INFO name different packages."
    return [Problem("identity-mismatch", message, PYPROJECT, pyproject.line("name"))]


def _normal(name: object) -> str:
    return re.sub(r"[-_.]+", "-", python_name(name, PYPROJECT)).lower()


def _unique(dependencies: list[Dependency]) -> list[Dependency]:
    """Keep the first of dependencies that several manifests state alike."""
    seen: dict[tuple[str, str, str], Dependency] = {}
    for one in dependencies:
        seen.setdefault((one.name, re.sub(r"[\s\"']", "", one.requirement), one.scope), one)
    return list(seen.values())


def _entry_points(tree: Tree, path: str, problems: list[Problem]) -> tuple[str, ...]:
    """Give the modules an import or an entry point loads: those named, and every top-level package and module."""
    modules = _named_modules(tree, path, problems) if path in tree else []
    named = [file for module in modules for file in module_files(module) if file in tree]
    return tuple(dict.fromkeys([*named, *_top_level(tree)]))


def _named_modules(tree: Tree, path: str, problems: list[Problem]) -> list[str]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    try:
        load_ini(tree.read(path), path, parser)
    except PackageRefused:
        problems.append(Problem("entry-points-unreadable", "entry_points.txt cannot be read.", path))
        return []
    values = [clean(value, 300) for section in parser.sections() for _, value in parser.items(section)]
    return [match[1] for match in map(_OBJECT.match, values) if match]


def module_files(module: str) -> tuple[str, ...]:
    """The paths a dotted module may have in a package."""
    base = module.replace(".", "/")
    return tuple(f"{top}{base}{end}" for top in ("", "src/") for end in (".py", "/__init__.py"))


def _top_level(tree: Tree) -> list[str]:
    """Give every package whose parent is none, and the modules at the root: what an import by name can reach."""
    result = []
    for file in tree.files:
        *folders, name = file.path.split("/")
        outermost = 0 < len(folders) <= _TOP_DEPTH and "/".join([*folders[:-1], name]) not in tree
        package = name == "__init__.py" and outermost and not _NOT_LOADED & set(folders)
        module = not folders and name.endswith(".py") and name != SETUP_PY
        if package or module:
            result.append(file.path)
    return result


FORMAT = Format(
    name=NAME,
    label="Python package",
    recognised_by="`*.dist-info/METADATA` (wheel), `PKG-INFO` (sdist), `pyproject.toml` or `setup.py` (source tree)",
    derives="nothing: its metadata says nothing about rights",
    detect=detect,
    read=read,
)
