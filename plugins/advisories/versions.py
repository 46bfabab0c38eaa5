"""How npm, PyPI and Packagist name packages and order versions.

Sources: semver.org 2.0.0 section 11, PEP 440, PEP 503; `plugins.composer` for PHP.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from plugins.composer import ComposerVersion, parse_composer_version

NPM = "npm"
PYPI = "PyPI"
PACKAGIST = "Packagist"
ADDRESS = "address"
"""Stands for what a lock file loads from an address, past every registry."""
SUPPORTED = (NPM, PYPI, PACKAGIST)
"""What can be matched, as far as a feed about it is imported."""
VERSION_LIMIT = 256
"""Characters of the longest version npm accepts."""

_SEMVER = re.compile(
    r"[v=\s]{0,4}(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)


class VersionInvalid(ValueError):
    """A text that is no version in its ecosystem."""


def ecosystem_of(text: str) -> str:
    """OSV's ecosystem without the part after a colon (`Debian:12` -> `Debian`)."""
    return text.partition(":")[0]


def normalise_name(ecosystem: str, name: str) -> str:
    """The form in which two names of a package are equal.

    PEP 503 for PyPI, small letters for Packagist, as written elsewhere (npm: with scope).
    """
    kind = ecosystem_of(ecosystem)
    if kind == PYPI:
        return str(canonicalize_name(name))
    return name.lower() if kind == PACKAGIST else name


@lru_cache(maxsize=65536)
def version_key(ecosystem: str, text: str) -> Any:
    """Something that orders like the version does among others of its ecosystem. Raises VersionInvalid.

    SemVer's build metadata does not count; two-part npm versions, as old advisories have them, are filled with zeros.
    """
    if len(text) > VERSION_LIMIT:
        raise VersionInvalid(f"A version of {len(text)} characters is no version.")
    if ecosystem_of(ecosystem) == NPM:
        return _semver_key(text)
    if ecosystem_of(ecosystem) == PACKAGIST:
        return _composer_key(text)
    try:
        return Version(text)
    except (InvalidVersion, ValueError) as problem:
        raise VersionInvalid(f"{text!r} is no version by PEP 440.") from problem


def is_version(ecosystem: str, text: str) -> bool:
    """Whether the text is a version in its ecosystem."""
    try:
        version_key(ecosystem, text)
    except VersionInvalid:
        return False
    return True


def is_prerelease(ecosystem: str, text: str) -> bool:
    """Whether the text is a pre-release (or PyPI development) version. Raises VersionInvalid."""
    key = version_key(ecosystem, text)
    return not key[3] if isinstance(key, tuple) else bool(key.is_prerelease)


def equal_forms(ecosystem: str, text: str) -> tuple[str, ...]:
    """The version, for PyPI also without local part: `2.0+cpu` has the faults of `2.0`. May raise VersionInvalid."""
    key = version_key(ecosystem, text)
    if isinstance(key, Version) and key.local is not None:
        return (text, key.public)
    return (text,)


def neighbours(ecosystem: str, text: str) -> tuple[str, ...]:
    """A version, its final release, the next patch release: points to try near a bound. May raise VersionInvalid."""
    key = version_key(ecosystem, text)
    if isinstance(key, tuple):
        major, minor, patch = key[:3]
        return (text, f"{major}.{minor}.{patch}", f"{major}.{minor}.{patch + 1}")
    if isinstance(key, ComposerVersion):
        major, minor, patch = key.numbers[:3]
        return (text, f"{major}.{minor}.{patch}", f"{major}.{minor}.{patch + 1}")
    release = (*key.release, 0, 0)[: max(3, len(key.release))]
    epoch = f"{key.epoch}!" if key.epoch else ""
    following = (*release[:-1], release[-1] + 1)
    return (text, key.base_version, epoch + ".".join(str(part) for part in following))


def _composer_key(text: str) -> ComposerVersion:
    version = parse_composer_version(text.strip())
    if version is None:
        raise VersionInvalid(f"{text!r} is no version by Composer.")
    return version


def _semver_key(text: str) -> tuple[int, int, int, bool, tuple[tuple[int, int, str], ...]]:
    """SemVer 2.0 order as a tuple: numbers, then releases after pre-releases, then the pre-release identifiers."""
    found = _SEMVER.fullmatch(text.strip())
    if not found:
        raise VersionInvalid(f"{text!r} is no version by SemVer.")
    major, minor, patch, pre = found.groups()
    identifiers = tuple(_identifier(part) for part in pre.split(".")) if pre else ()
    return int(major), int(minor or 0), int(patch or 0), not identifiers, identifiers


def _identifier(part: str) -> tuple[int, int, str]:
    """Numbers come before words and are ordered as numbers."""
    return (0, int(part), "") if part.isdigit() else (1, 0, part)
