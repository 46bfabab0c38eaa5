"""Whether a version is affected: the evaluation OSV's schema defines, fail-closed where a bound is no version.

Source: https://ossf.github.io/osv-schema/#evaluation. npm versions are compared by SemVer and PyPI versions by PEP 440,
whichever of the types SEMVER and ECOSYSTEM the range states.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plugins.advisories.versions import VersionInvalid, equal_forms, version_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugins.advisories.osv import Affected, Event

_ORDER = {"fixed": 0, "introduced": 1, "last_affected": 2}
"""Of events at the same version: a fix ends what came before, then something begins, then it may end again."""


class Undecidable(ValueError):
    """A range whose bounds are no versions of the ecosystem, so that nobody can say what lies in it."""


def is_affected(entries: Iterable[Affected], version: str) -> bool:
    """Whether any entry lists the version or holds it in a range.

    For PyPI the version without its local part counts too. Raises VersionInvalid if `version` is none (unless it is
    listed literally), Undecidable if no entry affects it but the ranges of one cannot be evaluated.
    """
    entries = list(entries)
    if any(version in entry.versions for entry in entries):
        return True
    doubt: Undecidable | None = None
    for entry in entries:
        for form in equal_forms(entry.ecosystem, version):
            try:
                if _listed(entry, form) or any(in_range(entry.ecosystem, events, form) for events in entry.ranges):
                    return True
            except Undecidable as problem:
                doubt = problem
    if doubt:
        raise doubt
    return False


def in_range(ecosystem: str, events: tuple[Event, ...], version: str) -> bool:
    """Whether the version lies in the range its events describe. Raises VersionInvalid, Undecidable."""
    key = version_key(ecosystem, version)
    limits = [event.version for event in events if event.kind == "limit" and event.version != "*"]
    if limits and not any(key < _bound(ecosystem, limit) for limit in limits):
        return False
    vulnerable = False
    for kind, bound in _sorted(ecosystem, events):
        if kind == "introduced" and (bound is None or key >= bound):
            vulnerable = True
        elif (kind == "fixed" and key >= bound) or (kind == "last_affected" and key > bound):
            vulnerable = False
    return vulnerable


def fixed_versions(entries: Iterable[Affected]) -> set[str]:
    """The versions that end a range, as the records write them."""
    return {event.version for entry in entries for events in entry.ranges for event in events if event.kind == "fixed"}


def points(entries: Iterable[Affected]) -> set[str]:
    """Every version the entries name: listed ones and the bounds of ranges, without the two that are no versions."""
    named: set[str] = set()
    for entry in entries:
        named |= entry.versions
        named |= {event.version for events in entry.ranges for event in events if event.version not in {"0", "*"}}
    return named


def _listed(entry: Affected, version: str) -> bool:
    """Whether the version is listed, also when written differently (`1.0` and `1.0.0` are one version for PyPI)."""
    if version in entry.versions:
        return True
    key = version_key(entry.ecosystem, version)
    return key in _keys(entry.ecosystem, entry.versions)


@lru_cache(maxsize=4096)
def _keys(ecosystem: str, versions: frozenset[str]) -> frozenset[Any]:
    keys = set()
    for version in versions:
        try:
            keys.add(version_key(ecosystem, version))
        except VersionInvalid:
            continue  # an old release that only equals itself, letter by letter
    return frozenset(keys)


@lru_cache(maxsize=16384)
def _sorted(ecosystem: str, events: tuple[Event, ...]) -> tuple[tuple[str, Any], ...]:
    """The events in order of version; None stands for "0", which sorts before everything."""
    turning = [event for event in events if event.kind != "limit"]
    begin = [event for event in turning if event.kind == "introduced" and event.version == "0"]
    keyed = [(event.kind, _bound(ecosystem, event.version)) for event in turning if event not in begin]
    keyed.sort(key=lambda pair: (pair[1], _ORDER[pair[0]]))
    return (*((event.kind, None) for event in begin), *keyed)


def _bound(ecosystem: str, version: str) -> Any:
    try:
        return version_key(ecosystem, version)
    except VersionInvalid as problem:
        raise Undecidable(f"the bound {version!r} is no version of {ecosystem}") from problem
