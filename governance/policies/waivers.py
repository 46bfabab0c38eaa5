"""What a policy lets people accept, and for how long at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = {Severity.CRITICAL: 30, Severity.HIGH: 90, Severity.MEDIUM: 180, Severity.LOW: 365, Severity.INFO: 365}
"""Of a policy that says nothing of waivers."""
NEVER = ("dependencies/malicious-dependency", "behaviour/secret-sent")


@dataclass(frozen=True, slots=True)
class WaiverRules:
    """The longest a waiver may hold, in days by the finding's severity, and what is never waived."""

    max_days: Mapping[Severity, int] = field(default_factory=lambda: dict(DAYS))
    never: tuple[str, ...] = NEVER
    """Patterns of `check/rule`, as in file names."""

    def allows(self, check: str, rule: str) -> bool:
        """Whether findings of a rule may be waived at all."""
        return not any(fnmatchcase(f"{check}/{rule}", pattern) for pattern in self.never)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> WaiverRules:
        """Read the part `waivers` of a policy; None, or a part left out, gives the defaults."""
        given = data or {}
        days = {**DAYS, **{Severity(name): count for name, count in given.get("max_days", {}).items()}}
        return cls(days, tuple(given.get("never", NEVER)))

    def to_dict(self) -> dict[str, Any]:
        """The part as a document; empty where it says what holds anyway, so that old policies keep their digest."""
        if self == WaiverRules():
            return {}
        return {
            "max_days": {severity.value: count for severity, count in self.max_days.items()},
            "never": [*self.never],
        }
