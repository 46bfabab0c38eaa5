"""What a requirement allows: one version, a range, anything, or something no registry knows.

npm: ranges as node-semver reads them (its Python port agrees with npm's own on 12,000 generated ranges, but for `x.1`
and the like, which are refused here) and the addresses, aliases and tags of npm-package-arg. PyPI: PEP 508.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.version import Version

from plugins.advisories.npm_ranges import NpmRange, RangeInvalid, parse_range
from plugins.advisories.versions import (
    NPM,
    PYPI,
    VersionInvalid,
    is_prerelease,
    is_version,
    normalise_name,
    version_key,
)

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from plugins.package import Dependency

REQUIREMENT_LIMIT = 1000

_ADDRESS = re.compile(
    r"(?:-e\s+)?(?:git|hg|svn|bzr|https?|ssh|ftp|github|gitlab|bitbucket|gist)(?:\+[a-z]+)?:", re.IGNORECASE
)
_AT_ADDRESS = re.compile(r"[\w.-]+@[\w.-]+:", re.ASCII)
_SHORTHAND = re.compile(r"[\w.-]+/[\w.-]+(?:#.*)?", re.ASCII)
_LOCAL = re.compile(
    r"(?:-e\s+)?(?:(?:workspace|file|link|portal|patch|catalog):|\.{0,2}[/\\]|~/|[A-Za-z]:[/\\]|\.{1,2}$)"
)
_TAG = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
_ALIAS = re.compile(r"npm:(@[^@/]+/[^@/]+|[^@/]+)(?:@(.*))?")
_NO_BOUND = frozenset({"!="})


class Kind(StrEnum):
    """What a requirement is."""

    PINNED = "pinned"
    RANGE = "range"
    ANY = "any"
    """No bound at all: empty, `*`, `latest`, another tag, `>=0`."""
    ADDRESS = "address"
    """A repository or a file on the network: bypasses the registry."""
    LOCAL = "local"
    """A path or a workspace of the author's machine."""
    UNKNOWN = "unknown"
    """Cannot be read, so nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement, read. `name` is the package that is installed: for an npm alias not the one it goes by."""

    ecosystem: str
    name: str
    kind: Kind
    text: str
    pinned: str | None = None
    bounds: tuple[str, ...] = ()
    """Versions the requirement itself names."""
    rule: NpmRange | SpecifierSet | None = None
    """What `allows` asks; None allows everything."""

    def allows(self, version: str) -> bool:
        """Whether an installer may choose the version; pre-releases only where the requirement names one.

        A version that cannot be read is never chosen.
        """
        try:
            key = version_key(self.ecosystem, version)
        except VersionInvalid:
            return False
        if isinstance(self.rule, NpmRange):
            return self.rule.allows(key)
        if isinstance(key, Version):
            if self.rule is None:
                return not key.is_prerelease
            return self.rule.contains(key, prereleases=bool(self.rule.prereleases))
        return not is_prerelease(self.ecosystem, version)


def read_requirement(dependency: Dependency) -> Requirement:
    """Read what a dependency asks for. Never raises: what cannot be read is of kind UNKNOWN."""
    text = dependency.requirement.strip()
    if len(text) > REQUIREMENT_LIMIT:
        return Requirement(dependency.ecosystem, dependency.name, Kind.UNKNOWN, text[:REQUIREMENT_LIMIT])
    if dependency.ecosystem == NPM:
        read = _npm(dependency.name, text)
    elif dependency.ecosystem == PYPI:
        read = _pypi(normalise_name(PYPI, dependency.name), text)
    else:
        name = normalise_name(dependency.ecosystem, dependency.name)
        read = Requirement(dependency.ecosystem, name, _place(text) or Kind.UNKNOWN, text)  # only locks name these
    return _with_pin(read, dependency.pinned)


def package_of(dependency: Dependency) -> tuple[str, str]:
    """The (ecosystem, normalised name) to look advisories up by: behind an npm alias, the real package."""
    read = read_requirement(dependency)
    return read.ecosystem, read.name


def _with_pin(read: Requirement, pinned: str | None) -> Requirement:
    """Let a lock entry's version say what a range leaves open; an unreadable one says nothing."""
    if not pinned or read.pinned:
        return read
    if read.ecosystem != NPM or is_version(read.ecosystem, pinned):
        kind = Kind.PINNED if read.kind in {Kind.RANGE, Kind.ANY, Kind.UNKNOWN} else read.kind
        return Requirement(read.ecosystem, read.name, kind, read.text, pinned=pinned)
    return _npm(read.name, pinned)


def _npm(name: str, text: str) -> Requirement:
    if alias := _ALIAS.fullmatch(text):
        name, text = alias[1], (alias[2] or "").strip()
    if kind := _place(text, shorthand=True):
        return Requirement(NPM, name, kind, text)
    try:
        rule = parse_range(text)
    except RangeInvalid:
        # a tag says as little as `*`: whoever publishes moves it
        return Requirement(NPM, name, Kind.ANY if _TAG.fullmatch(text) else Kind.UNKNOWN, text)
    if rule.exact:
        return Requirement(NPM, name, Kind.PINNED, text, pinned=rule.exact, rule=rule)
    return Requirement(NPM, name, Kind.ANY if rule.unbounded else Kind.RANGE, text, bounds=rule.bounds, rule=rule)


def _pypi(name: str, text: str) -> Requirement:
    text = re.split(r"\s--hash\b|\s#", text, maxsplit=1)[0].strip()
    if kind := _place(text):
        return Requirement(PYPI, name, kind, text)
    try:
        # the name is ours: what stands in the manifest after it must read as the rest of a PEP 508 line
        parsed = Pep508(f"x {text}")
    except (InvalidRequirement, ValueError, RecursionError):
        return Requirement(PYPI, name, Kind.UNKNOWN, text)
    if parsed.url:
        return Requirement(PYPI, name, _place(parsed.url) or Kind.ADDRESS, text)
    return _specified(name, text, parsed.specifier)


def _specified(name: str, text: str, specifiers: SpecifierSet) -> Requirement:
    exact = [part for part in specifiers if part.operator in {"==", "==="} and not part.version.endswith(".*")]
    if exact:
        return Requirement(PYPI, name, Kind.PINNED, text, pinned=exact[0].version, rule=specifiers)
    bounded = any(part.operator not in _NO_BOUND and str(part) != ">=0" for part in specifiers)
    bounds = tuple(part.version.removesuffix(".*") for part in specifiers)
    return Requirement(PYPI, name, Kind.RANGE if bounded else Kind.ANY, text, bounds=bounds, rule=specifiers)


def _place(text: str, *, shorthand: bool = False) -> Kind | None:
    """ADDRESS or LOCAL if the text names a place; `shorthand` takes npm's `owner/repository` for one."""
    if _LOCAL.match(text):
        return Kind.LOCAL
    if _ADDRESS.match(text) or _AT_ADDRESS.match(text) or (shorthand and _SHORTHAND.fullmatch(text)):
        return Kind.ADDRESS
    return None
