"""What is known of who publishes a plugin, and of how far it reaches, for the risk score. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reputation:
    """The publisher's record at this portal. Nobody's word but the ledger's and the platform's goes into it."""

    certified: int
    """How many plugins of the owner team have been certified."""
    incidents: int
    """How often a certificate of this plugin was suspended or revoked within `YEARS`."""
    team_incidents: int
    """The same of the team's other plugins."""
    installations: int | None = None
    """On how many places of the platform it is installed; None: nobody has said."""


YEARS = 2
"""For how long what happened is held against somebody."""
REACH = (("thousands", 1000), ("hundreds", 100), ("tens", 10))
"""Keys of a policy's points for the reach, each with the installations from which it applies; dearest first."""


def reach_of(installations: int | None) -> str:
    """The key of a policy's points; empty where too few, or nobody knows."""
    return next((key for key, least in REACH if (installations or 0) >= least), "")
