"""What people decided about a known fault of a dependency, in the words CycloneDX has for it.

Source: CycloneDX 1.6, `vulnerability.analysis` (state, justification, response, detail).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyclonedx.model.impact_analysis import (
    ImpactAnalysisJustification,
    ImpactAnalysisResponse,
    ImpactAnalysisState,
)
from cyclonedx.model.vulnerability import VulnerabilityAnalysis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one finding stands."""

    state: ImpactAnalysisState = ImpactAnalysisState.IN_TRIAGE
    justification: ImpactAnalysisJustification | None = None
    accepted: bool = False
    """Whether it stays although it is there."""
    detail: str = ""


UNDECIDED = Standing()
CONFIRMED = Standing(ImpactAnalysisState.EXPLOITABLE)
FALSE_ALARM = Standing(ImpactAnalysisState.FALSE_POSITIVE)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A fault that an earlier vetting found, and the newest one did not."""

    dependency: Mapping[str, object]
    """The row of the earlier report."""
    advisory: Mapping[str, object]


def waived(*, name: str, until: str, reason: str, measures: str) -> Standing:
    """A waiver's standing.

    Measures that keep the fault harmless make the package not affected. A waiver without any only accepts the fault: it
    stays exploitable, and nobody fixes it for now.
    """
    detail = f"{name}, until {until}: {reason}" if until else f"{name}: {reason}"
    if measures:
        return Standing(
            ImpactAnalysisState.NOT_AFFECTED,
            ImpactAnalysisJustification.PROTECTED_BY_MITIGATING_CONTROL,
            accepted=True,
            detail=f"{detail} What keeps it harmless: {measures}",
        )
    return Standing(ImpactAnalysisState.EXPLOITABLE, accepted=True, detail=detail)


def together(standings: Iterable[Standing]) -> Standing:
    """The standing of a fault found in several places: theirs where they agree, else the one that is worst off."""
    found = set(standings)
    if len(found) == 1:
        return found.pop()
    confirmed = [one for one in found if one.state is ImpactAnalysisState.EXPLOITABLE]
    return min(confirmed, key=lambda one: (one.accepted, one.detail), default=UNDECIDED)


def analysis(standing: Standing) -> VulnerabilityAnalysis:
    """As the document states it."""
    return VulnerabilityAnalysis(
        state=standing.state,
        justification=standing.justification,
        responses=[ImpactAnalysisResponse.WILL_NOT_FIX] if standing.accepted else None,
        detail=standing.detail or None,
    )
