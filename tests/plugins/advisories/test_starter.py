from __future__ import annotations

from plugins.advisories.matching import AdvisoryIndex
from plugins.advisories.osv import parse_record
from plugins.advisories.sources import sources
from plugins.advisories.starter import NAME, attribution, starter_feed
from plugins.package import Dependency


def test_starter_feed_is_valid_unique_and_marked_as_demo_data():
    records = [parse_record(data) for data in starter_feed()]

    assert len({record.id for record in records}) == len(records) >= 30
    assert all(data["database_specific"]["plugwarden_demo"] is True for data in starter_feed())
    assert all(record.summary and record.packages for record in records)
    assert "demo" in NAME
    assert "CC-BY-4.0" in attribution()
    assert len(sources(record.id for record in records)) == 2


def test_starter_feed_knows_what_real_plugins_depend_on():
    index = AdvisoryIndex([parse_record(data) for data in starter_feed()])

    found = index.answer(Dependency("npm", "axios", "^1.6.0")).matches

    assert [(match.id, match.upgrade) for match in found] == [
        ("GHSA-4hjh-wcwx-xvwj", "1.12.0"),
        ("GHSA-8hc4-vh64-cxmj", "1.7.4"),
    ]
