"""What a policy thinks of licences: which it allows, which need a look, which it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Opinion = Literal["allow", "review", "deny"]
LISTS: tuple[Opinion, ...] = ("deny", "review", "allow")
"""In the order they are asked: where two name a licence, the stricter one counts."""

PAIR = " with "


@dataclass(frozen=True, slots=True)
class LicenceRules:
    """Patterns of SPDX ids, as in file names; `unlisted` is for a known licence that none of them names.

    A policy that says nothing of licences allows every one that is known.
    """

    allow: tuple[str, ...] = ()
    review: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    unlisted: Opinion = "allow"

    def of(self, *names: str) -> Opinion:
        """The opinion of a licence under the first of its names that is listed: `A WITH B` before `A`."""
        return next((found for name in names if (found := self._listed(name))), self.unlisted)

    def _listed(self, name: str) -> Opinion | None:
        lists: dict[Opinion, Iterable[str]] = {"allow": self.allow, "review": self.review, "deny": self.deny}
        return next((kind for kind in LISTS if any(_fits(name, pattern) for pattern in lists[kind])), None)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LicenceRules:
        """Read the part `licences` of a policy."""
        allow, review, deny = (tuple(data.get(kind, ())) for kind in ("allow", "review", "deny"))
        return cls(allow, review, deny, data.get("unlisted", "allow"))

    def to_dict(self) -> dict[str, Any]:
        """The part as a document; what says nothing is left out."""
        lists: dict[str, Any] = {kind: list(getattr(self, kind)) for kind in reversed(LISTS) if getattr(self, kind)}
        return {**lists, **({"unlisted": self.unlisted} if self.unlisted != "allow" else {})}


def _fits(name: str, pattern: str) -> bool:
    """Whether a pattern names it; only one that holds a WITH names a pair: `GPL-*` is about the licences alone."""
    name, pattern = name.casefold(), pattern.casefold()
    return (PAIR in name) == (PAIR in pattern) and fnmatchcase(name, pattern)
