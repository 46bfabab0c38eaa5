"""How old the versions of dependencies are, where a lock file says when they were released.

A registry would say whether anybody still releases the package; offline only the date of the version in use may be
known, from `uv.lock`, `pylock.toml` and Composer's lists. Of all others it is unknown, and the result says of how many.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from governance.vocabulary import Severity
from plugins.checks.base import Finding
from plugins.package import SHIPPED_SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugins.package import Dependency, Package

RULE = "old-dependency"
OLD_YEARS = 4
"""From this age on it is worth asking whether anybody looks after the package."""
_DAYS = 365.25


def old_versions(check: str, package: Package, today: date) -> Iterator[Finding]:
    """One for each shipped dependency whose version was released years ago."""
    for one in _shipped(package).values():
        years = (today - date.fromisoformat(one.released)).days / _DAYS if one.released else 0.0
        if years >= OLD_YEARS:
            yield Finding(
                check=check,
                rule=RULE,
                severity=Severity.LOW,
                title=f"{one.name} {one.pinned} was released {int(years)} years ago",
                path=one.path,
                line=one.line,
                snippet=one.name,
                detail=f"Released {one.released}. Whether there is a newer version is not known here.",
                remediation=f"See whether {one.name} is still looked after; move to its newest version, or replace it.",
                cwe="CWE-1104",
                symbol=f"{one.ecosystem}:{one.name}:{RULE}",
            )


def age_sentence(package: Package) -> str:
    """Of how many dependencies the age is known."""
    shipped = _shipped(package)
    known = sum(bool(one.released) for one in shipped.values())
    return f"The release date is known of {known} of {len(shipped)}."


def _shipped(package: Package) -> dict[tuple[str, str, str | None], Dependency]:
    """What reaches the platform, each version once; one with a date stands for those without."""
    ordered = sorted(package.dependencies, key=lambda one: bool(one.released))
    return {(one.ecosystem, one.name, one.pinned): one for one in ordered if one.scope in SHIPPED_SCOPES}
