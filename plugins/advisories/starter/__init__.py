"""The demo's feed: some thirty advisories that make the portal show something without a network. Never judge by it."""

from __future__ import annotations

import json
from pathlib import Path

NAME = "Starter feed of the demo"
"""What the feed is called wherever it shows."""


def starter_feed() -> list[dict[str, object]]:
    """The records, in OSV format. Each is marked `database_specific.plugwarden_demo`."""
    records: list[dict[str, object]] = json.loads(Path(__file__).with_name("feed.json").read_text("utf-8"))
    return records


def attribution() -> str:
    """Where the facts come from; to be shown wherever records of the starter feed are."""
    return (
        "Demo data. Ids, affected ranges, fixed versions and severity vectors of these advisories are facts from the "
        "GitHub Advisory Database and the PyPA Advisory Database (both CC-BY-4.0); the descriptions are Plugwarden's "
        "own words. The selection is small and not kept up to date: never judge a plugin by it."
    )
