from __future__ import annotations

import pytest

from plugins.advisories.osv import parse_record


def events_of(*pairs):
    return [{kind: version} for kind, version in pairs]


def document(name="GHSA-aaaa-bbbb-cccc", *, package=("npm", "left"), events=(("introduced", "0"),), **more):
    entry = {"package": {"ecosystem": package[0], "name": package[1]}}
    if events is not None:
        entry["ranges"] = [{"type": "ECOSYSTEM", "events": events_of(*events)}]
    if "versions" in more:
        entry["versions"] = more.pop("versions")
    return {"id": name, "modified": "2024-05-01T10:00:00Z", "affected": [entry], **more}


@pytest.fixture
def osv():
    """Make an OSV document."""
    return document


@pytest.fixture
def record():
    """Make a checked record."""
    return lambda *args, **more: parse_record(document(*args, **more))
