"""What a policy lets everybody see on the status page, in its feeds and as badges."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from governance.vocabulary import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERY_FORMAT = ("*",)


@dataclass(frozen=True, slots=True)
class PublicRules:
    """Which certificates are public: those of these tiers and of plugins of these formats. By default all are."""

    tiers: frozenset[Tier] = frozenset(Tier)
    formats: tuple[str, ...] = EVERY_FORMAT
    """Patterns of format names, as in file names."""

    @property
    def everything(self) -> bool:
        """Whether nothing is kept back."""
        return self == PublicRules()

    def shown(self, formats: Iterable[str]) -> list[str]:
        """Those of some formats that are public."""
        return [name for name in formats if any(fnmatchcase(name, pattern) for pattern in self.formats)]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any] | None) -> PublicRules:
        """Read the part `public` of a policy; what is left out is public."""
        given = data or {}
        return cls(
            frozenset(Tier(name) for name in given.get("tiers", [*Tier])),
            tuple(given.get("formats", EVERY_FORMAT)),
        )

    def to_dict(self) -> dict[str, Any]:
        """The part as a document; empty where all is public, so that older policies keep their digest."""
        if self.everything:
            return {}
        return {"tiers": [tier.value for tier in Tier if tier in self.tiers], "formats": [*self.formats]}
