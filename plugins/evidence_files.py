"""Which files of a package document it: told by their names alone, never by what they say."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from plugins.declaration import FILE_NAME, declaration_paths

if TYPE_CHECKING:
    from plugins.package import Package

_README = re.compile(r"(readme|intro)(\.[a-z]+)?$", re.IGNORECASE)
_CHANGELOG = re.compile(r"(changelog|changes|history|news|releases?|release[-_]notes)(\.[a-z]+)?$", re.IGNORECASE)
_LICENSE = re.compile(r"(licen[cs]e|copying|unlicense)([._-].*)?$", re.IGNORECASE)
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs"})
_TEST_FILE = re.compile(r"(test_.+\.py|.+_test\.py|.+\.(test|spec)\.[cm]?[jt]sx?)$", re.IGNORECASE)
_MAX_DEPTH = 3
"""Folders a README may be under: the top, or a Python package's `*.dist-info/`."""


def has_readme(package: Package) -> bool:
    """Whether there is a README; a Python wheel carries it in its METADATA, which its description shows."""
    return _has_name(package, _README) or any(path.endswith(".dist-info/METADATA") for path in _paths(package))


def has_changelog(package: Package) -> bool:
    """Whether there is a changelog."""
    return _has_name(package, _CHANGELOG)


def has_license_file(package: Package) -> bool:
    """Whether the text of the licence is in the archive."""
    return _has_name(package, _LICENSE)


def has_tests(package: Package) -> bool:
    """Whether there are code files that are tests by their name or folder."""
    return any(is_test(file.path) for file in package.code_files)


def declaration_path(package: Package) -> str:
    """Where the declaration lies; where there is none, where it should."""
    return next(iter(declaration_paths(package.files)), FILE_NAME)


def is_test(path: str) -> bool:
    """Whether a path is that of a test."""
    parts = PurePosixPath(path)
    return any(part.lower() in _TEST_FOLDERS for part in parts.parts[:-1]) or bool(_TEST_FILE.match(parts.name))


def _has_name(package: Package, pattern: re.Pattern[str]) -> bool:
    return any(pattern.match(PurePosixPath(path).name) for path in _paths(package) if path.count("/") < _MAX_DEPTH)


def _paths(package: Package) -> list[str]:
    return [file.path for file in package.files]
