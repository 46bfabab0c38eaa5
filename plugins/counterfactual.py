"""What would have to go for the risk tier to come down: the fewest things, found exactly. Pure.

Within a factor the dearest items are the ones to close, so a choice is a number of items per factor; the best choice
for each number of items in all is found factor by factor (a knapsack in which every item weighs one).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.vocabulary import LABELS, Tier
from plugins.risk import MAX_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.policies.rules import RiskWeights
    from plugins.risk import RiskFactor, RiskItem, RiskScore

MAX_ITEMS = 40
"""More things than this are no advice."""

MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One sentence for people, with the things to close and the tier that follows; no things: it cannot be done."""

    text: str
    items: tuple[RiskItem, ...] = ()
    tier: Tier | None = None


def counterfactual(score: RiskScore, weights: RiskWeights) -> Counterfactual:
    """The smallest set of closable items whose closing brings the score to a lower tier."""
    if score.tier is Tier.LOW:
        return Counterfactual("The tier is the lowest there is.")
    held = [item for factor in score.factors for item in factor.items if _holds(item, score.tier)]
    rest = [_Rest(factor, [item for item in factor.items if not _holds(item, score.tier)]) for factor in score.factors]
    items = _cheapest(rest, weights.thresholds[score.tier])
    if items is None:
        return Counterfactual(
            f"Closing {MAX_ITEMS} findings would not bring the tier down: "
            "most of the score is for what the plugin does."
        )
    closed = (*held, *items)
    tier = _tier_without(score, closed, weights)
    return Counterfactual(_sentence(closed, tier), closed, tier)


@dataclass(frozen=True, slots=True)
class _Rest:
    """A factor with the items that are still open."""

    factor: RiskFactor
    items: Sequence[RiskItem]

    @property
    def closable(self) -> list[RiskItem]:
        return sorted((item for item in self.items if item.closable), key=lambda item: -item.points)[:MAX_ITEMS]

    def points(self, closed: int) -> int:
        """The factor's points once its `closed` dearest items are gone."""
        gone = sum(item.points for item in self.closable[:closed])
        return min(self.factor.cap, sum(item.points for item in self.items) - gone)


def _cheapest(rest: Sequence[_Rest], limit: int) -> tuple[RiskItem, ...] | None:
    """The fewest items whose closing brings the total below `limit`; None where MAX_ITEMS do not."""
    best: dict[int, tuple[int, tuple[RiskItem, ...]]] = {0: (0, ())}
    for part in rest:
        best = _extend(best, part)
    for number in sorted(best):
        total, items = best[number]
        if total < limit:
            return items
    return None


def _extend(
    best: dict[int, tuple[int, tuple[RiskItem, ...]]], part: _Rest
) -> dict[int, tuple[int, tuple[RiskItem, ...]]]:
    """Lowest total for each number of closed items, with one more factor looked at."""
    closable = part.closable
    points = [part.points(closed) for closed in range(len(closable) + 1)]
    extended: dict[int, tuple[int, tuple[RiskItem, ...]]] = {}
    for number, (total, items) in best.items():
        for closed in range(min(len(closable), MAX_ITEMS - number) + 1):
            now = total + points[closed]
            if number + closed not in extended or now < extended[number + closed][0]:
                extended[number + closed] = (now, (*items, *closable[:closed]))
    return extended


def _holds(item: RiskItem, tier: Tier) -> bool:
    return item.floor is not None and item.floor.rank >= tier.rank


def _tier_without(score: RiskScore, closed: Sequence[RiskItem], weights: RiskWeights) -> Tier:
    """The tier once these items are gone; equal items are told apart by identity."""
    gone = {id(item) for item in closed}
    total, floor = 0, Tier.LOW
    for factor in score.factors:
        left = [item for item in factor.items if id(item) not in gone]
        total += min(factor.cap, sum(item.points for item in left))
        floor = max([floor, *(item.floor for item in left if item.floor)], key=lambda tier: tier.rank)
    return max(weights.tier_of(min(MAX_SCORE, total)), floor, key=lambda tier: tier.rank)


def _sentence(closed: Sequence[RiskItem], tier: Tier) -> str:
    what = "this one thing" if len(closed) == 1 else f"these {len(closed)} things"
    named = "; ".join(item.label for item in closed[:MAX_NAMED])
    more = f"; and {len(closed) - MAX_NAMED} more" if len(closed) > MAX_NAMED else ""
    return f"Close {what} and the tier is {LABELS[tier].lower()}: {named}{more}."
