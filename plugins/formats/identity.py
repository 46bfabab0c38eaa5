"""Names and versions: which are taken, and how they are refused."""

from __future__ import annotations

import re

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from plugins.documents import PackageRefused, quote

_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*")
MAX_DEPENDENCIES = 10_000
"""Statements of one manifest, or of all requirements files; the largest honest lock files hold a few thousand."""
_MAX_NAME = 214
_MAX_VERSION = 120
"""What the database has room for, as of the name."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,213}")
_LOOSE_VERSION = re.compile(r"[vV]?[0-9][0-9A-Za-z.+_-]{0,63}")
SEMVER = re.compile(
    r"(?:0|[1-9][0-9]{0,15})\.(?:0|[1-9][0-9]{0,15})\.(?:0|[1-9][0-9]{0,15})"
    r"(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
"""SemVer 2.0.0, section 9 to 11, for `fullmatch`."""


def is_npm_name(name: object) -> bool:
    """Whether npm takes the name, upper case of old packages included."""
    return isinstance(name, str) and len(name) <= _MAX_NAME and bool(_NPM_NAME.fullmatch(name))


def is_semver(version: object) -> bool:
    """Whether a value is a SemVer 2.0.0 version."""
    return isinstance(version, str) and len(version) <= _MAX_VERSION and bool(SEMVER.fullmatch(version))


def npm_name(value: object, path: str) -> str:
    """Give the name back; raises PackageRefused `invalid-name`."""
    if not isinstance(value, str) or not is_npm_name(value):
        raise _invalid_name(value, path)
    return value


def npm_version(value: object, path: str) -> str:
    """Give the version back; raises PackageRefused `invalid-version`."""
    if not isinstance(value, str) or not is_semver(value):
        raise _invalid_version(value, path, "1.2.3")
    return value


def python_name(value: object, path: str) -> str:
    """Give the name as written; raises PackageRefused `invalid-name`."""
    try:
        canonicalize_name(value if isinstance(value, str) else "", validate=True)
    except InvalidName:
        raise _invalid_name(value, path) from None
    if len(str(value)) > _MAX_NAME:
        raise _invalid_name(value, path)
    return str(value)


def python_version(value: object, path: str) -> str:
    """Give the version as written; raises PackageRefused `invalid-version`."""
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > _MAX_VERSION or not is_python_version(text):
        raise _invalid_version(value, path, "1.2.3")
    return text


def is_python_version(text: str) -> bool:
    """Whether a text is a PEP 440 version."""
    try:
        Version(text)
    except (InvalidVersion, ValueError):
        return False
    return True


def same_python_version(one: str, other: str) -> bool:
    """Whether two texts mean one version to Python's tools, as `1.0` and `1.0.0` do."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def plain_name(value: object, path: str) -> str:
    """Give a name of letters, digits, dots, dashes and underscores back; raises PackageRefused `invalid-name`."""
    if not isinstance(value, str) or not _PLAIN_NAME.fullmatch(value):
        raise _invalid_name(value, path)
    return value


def loose_version(value: object, path: str) -> str:
    """Give a version of any numbering scheme back (`1.0`, `v2`, `2024-05-01`); raises PackageRefused."""
    if not isinstance(value, str) or not _LOOSE_VERSION.fullmatch(value):
        raise _invalid_version(value, path, "1.0.0")
    return value


def too_many_dependencies(path: str) -> PackageRefused:
    """Make the refusal of a manifest that would keep us busy for long."""
    return PackageRefused("too-many-dependencies", f"{path} states more than {MAX_DEPENDENCIES:,} dependencies.")


def _invalid_name(value: object, path: str) -> PackageRefused:
    if value in (None, ""):
        return PackageRefused("name-missing", f"{path} states no name.")
    return PackageRefused("invalid-name", f"{path} states a name that no package may have: {quote(value)}.")


def _invalid_version(value: object, path: str, example: str) -> PackageRefused:
    if value in (None, ""):
        return PackageRefused("version-missing", f"{path} states no version.")
    message = f"{path} states a version that is none: {quote(value)}; it must look like {example}."
    return PackageRefused("invalid-version", message)
