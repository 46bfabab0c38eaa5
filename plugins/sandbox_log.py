"""The sandbox log of a run, ready to be shown: what `plugins.checks.behaviour.evidence` kept. Text in it is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.utils.functional import _StrPromise

CODE = "behaviour"
SHOWN = 12
TITLES: tuple[tuple[str, _StrPromise], ...] = (
    ("sent", _("Credentials sent")),
    ("decoys", _("Credential files opened")),
    ("hosts", _("Hosts asked for")),
    ("requests", _("Requests")),
    ("connections", _("Connections")),
    ("commands", _("Programs started")),
    ("written", _("Files written or removed")),
    ("read", _("Files read")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of thing that was seen, line by line."""

    title: _StrPromise
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoggedPhase:
    """One phase. `loaded` counts entry points, `failed` says why others were not."""

    name: str
    seconds: float
    ending: str
    problems: tuple[str, ...]
    loaded: int
    failed: tuple[str, ...]
    seen: tuple[Seen, ...]


def logged_phases(evidence: Any) -> tuple[LoggedPhase, ...]:
    """The phases in the evidence of the check `behaviour`; none where it was not run, or is not what we wrote."""
    phases = evidence.get("phases") if isinstance(evidence, Mapping) else None
    return tuple(_phase(phase) for phase in phases or () if isinstance(phase, Mapping))


def _phase(phase: Mapping[str, Any]) -> LoggedPhase:
    failed = phase.get("failed") or {}
    return LoggedPhase(
        name=str(phase.get("name", "")),
        seconds=round(float(phase.get("seconds") or 0), 1),
        ending=str(phase.get("ending", "")),
        problems=tuple(map(str, phase.get("problems") or ())),
        loaded=len(phase.get("loaded") or ()),
        failed=tuple(f"{entry}: {text}" for entry, text in list(failed.items())[:SHOWN]),
        seen=tuple(_seen(phase)),
    )


def _seen(phase: Mapping[str, Any]) -> Iterator[Seen]:
    for key, title in TITLES:
        lines = [str(line) for line in phase.get(key) or ()]
        if lines:
            more = [str(_("and %(n)s more") % {"n": len(lines) - SHOWN})] if len(lines) > SHOWN else []
            yield Seen(title, (*lines[:SHOWN], *more))
