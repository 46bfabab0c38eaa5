"""What the rooms above know of a version: its review, its decisions, its certificates, as the portal shows them.

The app that has this knowledge registers a provider in `AppConfig.ready()`; the portal never names it. Without one the
pages say nothing about reviews, they never guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from plugins.models import Plugin, PluginVersion


@dataclass(frozen=True, slots=True)
class ReviewNote:
    """A review that waits for somebody. `place` is its place among the unclaimed ones, 0 once it is claimed."""

    state: str
    place: int
    due_on: date
    reviewer: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class CitedCriterion:
    """A criterion a decision rests on, and until when the owner has to meet it."""

    code: str
    title: str
    remediation: str
    due_on: date


@dataclass(frozen=True, slots=True)
class DecisionNote:
    """What was decided, by whom and why."""

    outcome: str
    outcome_text: str
    reason: str
    conditions: str
    decided_at: datetime
    decided_by: str
    criteria: tuple[CitedCriterion, ...]


@dataclass(frozen=True, slots=True)
class AnswerNote:
    """A reviewer's answer to a criterion no check can answer."""

    outcome: str
    outcome_text: str
    note: str


@dataclass(frozen=True, slots=True)
class CertificateNote:
    """A certificate with its state at the moment of looking."""

    serial: str
    version: str
    state: str
    state_text: str
    reason: str
    tier: str
    not_before: datetime
    not_after: datetime
    conditions: str
    demo: bool
    page_url: str
    bundle_url: str
    bundle_filename: str
    trust_root_url: str

    @property
    def in_force(self) -> bool:
        """Whether it counts."""
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything above about one version; the newest first."""

    review: ReviewNote | None = None
    answers: Mapping[str, AnswerNote] = field(default_factory=dict)
    """Reviewers' answers about the newest evidence, by the criterion's code."""
    decisions: tuple[DecisionNote, ...] = ()
    certificates: tuple[CertificateNote, ...] = ()

    @property
    def certificate(self) -> CertificateNote | None:
        """The newest certificate."""
        return self.certificates[0] if self.certificates else None

    @property
    def decision(self) -> DecisionNote | None:
        """The newest decision."""
        return self.decisions[0] if self.decisions else None


class Provider(Protocol):
    """Who knows. Each answer costs the same number of queries for any number of plugins."""

    def of_version(self, version: PluginVersion, now: datetime) -> Outlook:
        """Everything about one version."""

    def of_plugin(self, plugin: Plugin, now: datetime) -> tuple[CertificateNote, ...]:
        """The certificates of all versions of a plugin, newest first."""

    def reviews_of(self, versions: Sequence[int], now: datetime) -> dict[int, ReviewNote]:
        """The pending review of each version that has one, by the version's id; without the place."""

    def certified_until(self, plugins: Sequence[int], now: datetime) -> dict[int, datetime]:
        """Until when each plugin is certified now, by the plugin's id; those that are not are left out."""


class Nothing:
    """The provider of a portal without certification."""

    def of_version(self, version: PluginVersion, now: datetime) -> Outlook:  # noqa: ARG002 - the protocol's
        """Nothing is known."""
        return Outlook()

    def of_plugin(self, plugin: Plugin, now: datetime) -> tuple[CertificateNote, ...]:  # noqa: ARG002 - ditto
        """Nothing is known."""
        return ()

    def reviews_of(self, versions: Sequence[int], now: datetime) -> dict[int, ReviewNote]:  # noqa: ARG002 - ditto
        """Nothing is known."""
        return {}

    def certified_until(self, plugins: Sequence[int], now: datetime) -> dict[int, datetime]:  # noqa: ARG002 - ditto
        """Nothing is known."""
        return {}


_PROVIDERS: list[Provider] = [Nothing()]


def register(provider: Provider) -> None:
    """Name who knows; the last one named is asked."""
    _PROVIDERS.append(provider)


def provider() -> Provider:
    """Who is asked."""
    return _PROVIDERS[-1]
