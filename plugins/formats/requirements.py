"""Python requirements, from metadata, tables and requirements files. Sources: PEP 508, PEP 440, pip's file format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from plugins.documents import MAX_TABLE_BYTES, PackageRefused, clean, decode, quote
from plugins.formats.identity import MAX_DEPENDENCIES, too_many_dependencies
from plugins.package import Dependency, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugins.formats.tree import Tree

_FILE = re.compile(r"(?:.*/)?(?:requirements[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in))")
_DEV_WORD = re.compile(r"(?:^|[^a-z])(?:dev|test|doc|lint|ci|build|typing|bench|example|release|mypy)", re.IGNORECASE)
_OPTION = re.compile(r"\s--?[A-Za-z].*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_EGG = re.compile(r"#.*?\begg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_ADDRESS = re.compile(r"(?:[a-z]+\+)?(?:https?|ssh|git|file)://", re.IGNORECASE)
_INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host")
_BEFORE_SPECIFIER = re.compile(r"^\s*[A-Za-z0-9._-]+\s*(?:\[[^\]]*\])?\s*")
_MAX_DEPTH = 4
_MAX_LINE = 2000


def parse_requirement(text: str, *, scope: str, path: str, line: int) -> Dependency | None:
    """Turn a PEP 508 requirement into a Dependency; None where it is no requirement."""
    if len(text) > _MAX_LINE:
        return None
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, RecursionError, ValueError):
        return None
    if scope == "runtime" and parsed.marker and re.search(r"\bextra\b", str(parsed.marker)):
        scope = "optional"
    wanted = clean(_BEFORE_SPECIFIER.sub("", text, count=1), 1000)
    return Dependency("PyPI", canonicalize_name(parsed.name), wanted, scope, path, line, pinned=_pinned(parsed))


def _pinned(requirement: Requirement) -> str | None:
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator not in {"==", "==="} or specifiers[0].version.endswith(".*"):
        return None
    return specifiers[0].version


def collect(texts: Iterable[tuple[str, int]], *, scope: str, path: str, problems: list[Problem]) -> list[Dependency]:
    """Turn requirements with their lines into dependencies; one that cannot be read becomes a Problem."""
    result = []
    for count, (text, line) in enumerate(texts):
        if count == MAX_DEPENDENCIES:
            raise too_many_dependencies(path)
        if dependency := parse_requirement(text, scope=scope, path=path, line=line):
            result.append(dependency)
        else:
            problems.append(Problem("dependency-invalid", f"The dependency {quote(text)} cannot be read.", path, line))
    return result


def read_requirement_files(tree: Tree, problems: list[Problem], *, scope: str = "") -> list[Dependency]:
    """Read every requirements file of a source tree; its scope follows from its name and folder, unless given."""
    result: list[Dependency] = []
    for path in (file.path for file in tree.files if _FILE.fullmatch(file.path) and file.path.count("/") < _MAX_DEPTH):
        try:
            text = decode(tree.read(path), path, limit=MAX_TABLE_BYTES)
        except PackageRefused as refusal:
            problems.append(Problem("requirements-unreadable", str(refusal), path))
            continue
        result += _read_file(text, path, scope or ("dev" if _DEV_WORD.search(path) else "runtime"), problems)
        if len(result) + len(problems) > MAX_DEPENDENCIES:
            raise too_many_dependencies("The package")
    return result


def has_requirement_files(tree: Tree) -> bool:
    """Whether the tree holds any requirements file."""
    return any(_FILE.fullmatch(file.path) for file in tree.files)


def _read_file(text: str, path: str, scope: str, problems: list[Problem]) -> list[Dependency]:
    wanted: list[tuple[str, int]] = []
    addresses: list[Dependency] = []
    for content, line in _logical_lines(text):
        if content.startswith(_INDEX_OPTIONS):
            message = "The file names a package index of its own, so that packages may come from anywhere."
            problems.append(Problem("requirements-index", message, path, line))
        elif content.startswith("-"):
            content = content.removeprefix("--editable").removeprefix("-e").lstrip(" =")  # noqa: PLW2901 - one option matters
        if _ADDRESS.match(content):
            addresses += _address(content, scope, path, line, problems)
        elif content and not content.startswith(("-", ".", "/")):
            wanted.append((_OPTION.sub("", content), line))
    return addresses + collect(wanted, scope=scope, path=path, problems=problems)


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Join lines that end in a backslash, drop comments, give each with the number of its first line."""
    held, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        if raw.endswith("\\"):
            held += raw[:-1]
            continue
        content = held + raw
        address = bool(_ADDRESS.match(content.removeprefix("-e ").strip()))
        content = (re.sub(r"\s#.*$", "", content) if address else _COMMENT.sub("", content)).strip()
        if content:
            yield content, start
        held, start = "", 0
    if held.strip():
        yield held.strip(), start


def _address(content: str, scope: str, path: str, line: int, problems: list[Problem]) -> list[Dependency]:
    egg = _EGG.search(content)
    if egg is None:
        message = f"The requirement {quote(content)} is an address that names no package."
        problems.append(Problem("dependency-invalid", message, path, line))
        return []
    return [Dependency("PyPI", canonicalize_name(egg[1]), clean(content, 1000), scope, path, line)]
