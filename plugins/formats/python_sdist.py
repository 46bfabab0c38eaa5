"""Source distributions and plain Python source trees: tables and files, none of it executed.

Sources: packaging.python.org, pyproject.toml specification, PEP 517 (backends, `backend-path`), setuptools' setup.cfg.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.documents import PackageRefused, clean, load_ini, load_toml
from plugins.formats.python_source import parse_module
from plugins.formats.requirements import collect, has_requirement_files, read_requirement_files
from plugins.package import InstallHook, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.formats.tree import Tree
    from plugins.package import Dependency

PYPROJECT, SETUP_PY, SETUP_CFG = "pyproject.toml", "setup.py", "setup.cfg"
_HOOK_TABLES = (
    (("tool", "hatch", "build", "hooks", "custom"), "hatch_build.py"),
    (("tool", "hatch", "metadata", "hooks", "custom"), "hatch_build.py"),
    (("tool", "poetry", "build"), "build.py"),
    (("tool", "pdm", "build", "custom-hook"), "pdm_build.py"),
    (("tool", "setuptools", "cmdclass"), ""),
)
"""Tables by which a well-known backend runs code of the source tree, and the file it runs unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Pyproject:
    """A parsed `pyproject.toml`; empty where there is none."""

    data: dict[str, Any]
    text: str

    def table(self, *keys: str) -> Any:
        """Give the value at this place, or None."""
        value: Any = self.data
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def line(self, *needles: str) -> int:
        """Line of the first text that the file holds, else 0. Matched as text: a TOML parser keeps no lines."""
        for needle in needles:
            if needle and (at := self.text.find(needle)) >= 0:
                return self.text.count("\n", 0, at) + 1
        return 0


def read_pyproject(tree: Tree) -> Pyproject:
    """Parse the root `pyproject.toml`; raises PackageRefused `broken-toml`."""
    return Pyproject(*load_toml(tree.read(PYPROJECT), PYPROJECT)) if PYPROJECT in tree else Pyproject({}, "")


def source_dependencies(tree: Tree, pyproject: Pyproject, problems: list[Problem]) -> list[Dependency]:
    """Collect what `pyproject.toml`, `setup.cfg` and requirements files ask for."""
    return [
        *_pyproject_dependencies(pyproject, problems),
        *_setup_cfg_dependencies(tree, problems),
        *read_requirement_files(tree, problems),
    ]


def part_dependencies(tree: Tree, folder: str, problems: list[Problem]) -> list[Dependency]:
    """Collect what `pyproject.toml` and `setup.cfg` in a folder ask for, and the constants of its `setup.py`."""
    result: list[Dependency] = []
    try:
        if (path := f"{folder}{PYPROJECT}") in tree:
            result += _pyproject_dependencies(Pyproject(*load_toml(tree.read(path), path)), problems, path)
    except PackageRefused as refusal:
        problems.append(Problem("dependencies-unreadable", str(refusal), path))
    result += _setup_cfg_dependencies(tree, problems, f"{folder}{SETUP_CFG}")
    return result + setup_py_dependencies(tree, f"{folder}{SETUP_PY}", problems)


def setup_py_dependencies(tree: Tree, path: str, problems: list[Problem]) -> list[Dependency]:
    """Collect `install_requires` of a `setup.py`, as far as it is a list of constants; nothing is run."""
    module = parse_module(tree, path)
    found = module.call_argument("setup", "install_requires") if module else None
    if found is None and "install_requires" in tree.code(path) and not has_requirement_files(tree):
        message = "install_requires is made at run time, so that nobody knows the dependencies."
        problems.append(Problem("dependencies-unreadable", message, path))
    return collect(found or (), scope="runtime", path=path, problems=problems)


def build_hooks(tree: Tree, pyproject: Pyproject) -> list[InstallHook]:
    """Find the code of the tree that runs when it is built or installed."""
    hooks = [InstallHook(SETUP_PY, SETUP_PY, SETUP_PY, 1)] if SETUP_PY in tree else []
    backend = clean(pyproject.table("build-system", "build-backend"), 200)
    if pyproject.table("build-system", "backend-path"):
        where = ", ".join(_texts(pyproject.table("build-system", "backend-path")))
        line = pyproject.line("backend-path")
        hooks.append(InstallHook("build-backend", backend or "backend-path", PYPROJECT, line, clean(where, 200)))
    for keys, default in _HOOK_TABLES:
        if (table := pyproject.table(*keys)) not in (None, False):
            path = table if isinstance(table, str) else default
            if isinstance(table, dict):
                path = table.get("path") or table.get("script") or default
            line = pyproject.line("[" + ".".join(keys), ".".join(keys[1:]), keys[-1])
            hooks.append(InstallHook("build-backend", ".".join(keys), PYPROJECT, line, clean(path, 200)))
    return hooks


def _pyproject_dependencies(
    pyproject: Pyproject, problems: list[Problem], path: str = PYPROJECT
) -> Iterator[Dependency]:
    sections = [("build", pyproject.table("build-system", "requires"))]
    sections.append(("runtime", pyproject.table("project", "dependencies")))
    optional = pyproject.table("project", "optional-dependencies")
    groups = pyproject.table("dependency-groups")
    sections += [("optional", texts) for texts in (optional.values() if isinstance(optional, dict) else ())]
    sections += [("dev", texts) for texts in (groups.values() if isinstance(groups, dict) else ())]
    for scope, texts in sections:
        if texts is not None and not isinstance(texts, list):
            problems.append(Problem("dependencies-unreadable", f"A list of {scope} dependencies is none.", path))
            continue
        lined = [(text, pyproject.line(f'"{text}"', f"'{text}'", text)) for text in _texts(texts)]
        yield from collect(lined, scope=scope, path=path, problems=problems)


def _setup_cfg_dependencies(tree: Tree, problems: list[Problem], path: str = SETUP_CFG) -> list[Dependency]:
    if path not in tree:
        return []
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=False)
    try:
        text = load_ini(tree.read(path), path, parser)
    except PackageRefused:
        problems.append(Problem("setup-cfg-unreadable", "setup.cfg cannot be read.", path))
        return []
    sections = [("build", parser.get("options", "setup_requires", fallback=""))]
    sections += [("runtime", parser.get("options", "install_requires", fallback=""))]
    extras = parser.items("options.extras_require") if parser.has_section("options.extras_require") else []
    sections += [("optional", value) for _, value in extras]
    result: list[Dependency] = []
    for scope, value in sections:
        lined = [(wanted, _line_of(text, wanted)) for wanted in _cfg_list(value)]
        result += collect(lined, scope=scope, path=path, problems=problems)
    return result


def _cfg_list(value: str) -> list[str]:
    """Split a setup.cfg list; `file:` and `attr:` directives name another place and are not followed."""
    parts = (part.strip() for part in re.split(r"[\n]", value))
    return [part for part in parts if part and not part.startswith(("#", "file:", "attr:"))]


def _line_of(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _texts(value: Iterable[Any] | None) -> list[str]:
    return [item for item in value or () if isinstance(item, str)]
