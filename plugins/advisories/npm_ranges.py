"""npm's version ranges: parsed by the Python port of node-semver, tested by SemVer keys.

Of the port only the parser is used: its comparison is slow, and reads texts as versions that are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from plugins.advisories.versions import NPM, VersionInvalid, version_key

RANGE_LIMIT = 512

_NUMBER_AFTER_WILDCARD = re.compile(r"[xX*](?:\.[xX*])*\.\d")
"""`x.1`, `1.x.2`: npm refuses them, the port takes them for anything."""


class RangeInvalid(ValueError):
    """A text that is no npm range."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """One operator and version of a range; `key` None allows every release."""

    operator: str
    version: str
    key: Any

    def holds(self, key: Any) -> bool:
        """Whether the version of that key satisfies this one comparator."""
        if self.key is None:
            return True
        if self.operator == ">":
            return bool(key > self.key)
        if self.operator == ">=":
            return bool(key >= self.key)
        if self.operator == "<":
            return bool(key < self.key)
        if self.operator == "<=":
            return bool(key <= self.key)
        return bool(key == self.key)

    def unbounded(self) -> bool:
        """Whether it allows every release."""
        return self.key is None or (self.operator == ">=" and self.key[:3] == (0, 0, 0))


@dataclass(frozen=True, slots=True)
class NpmRange:
    """A range: any of its sets, all comparators of which must hold."""

    sets: tuple[tuple[Comparator, ...], ...]

    def allows(self, key: Any) -> bool:
        """Whether npm would choose the version of that key for this range."""
        return any(self._set_allows(comparators, key) for comparators in self.sets)

    @property
    def unbounded(self) -> bool:
        """Whether every release satisfies it."""
        return any(all(comparator.unbounded() for comparator in comparators) for comparators in self.sets)

    @property
    def exact(self) -> str | None:
        """The only version it allows, if it is written as one."""
        if len(self.sets) == 1 and len(self.sets[0]) == 1 and self.sets[0][0].operator in {"", "="}:
            return self.sets[0][0].version or None
        return None

    @property
    def bounds(self) -> tuple[str, ...]:
        """The versions it names."""
        return tuple(
            comparator.version for comparators in self.sets for comparator in comparators if comparator.version
        )

    @staticmethod
    def _set_allows(comparators: tuple[Comparator, ...], key: Any) -> bool:
        """All hold; and a pre-release needs a comparator that names a pre-release of the same numbers."""
        if not all(comparator.holds(key) for comparator in comparators):
            return False
        if key[3]:
            return True
        return any(one.key and not one.key[3] and one.key[:3] == key[:3] for one in comparators)


def parse_range(text: str) -> NpmRange:
    """Read an npm range as npm does, loosely (`v1.2`, `=1`, `1.2.3beta`). Raises RangeInvalid."""
    import nodesemver  # noqa: PLC0415 - start-up time: compiles its grammar

    folded = " ".join(text.split())
    if len(folded) > RANGE_LIMIT or _NUMBER_AFTER_WILDCARD.search(folded):
        raise RangeInvalid(f"{folded[:80]!r} is no npm range.")
    try:
        parsed = nodesemver.make_range(folded, loose=True)
        return NpmRange(tuple(tuple(_comparator(part) for part in parts) for parts in parsed.set))
    except (ValueError, VersionInvalid, TypeError, AttributeError) as problem:
        raise RangeInvalid(f"{folded[:80]!r} is no npm range.") from problem


def _comparator(part: Any) -> Comparator:
    import nodesemver  # noqa: PLC0415 - start-up time

    if part.semver is nodesemver.ANY:
        return Comparator("", "", None)
    return Comparator(part.operator or "", part.semver.version, version_key(NPM, part.semver.version))
