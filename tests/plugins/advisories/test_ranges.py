from __future__ import annotations

import pytest

from plugins.advisories.ranges import Undecidable, is_affected
from plugins.advisories.versions import VersionInvalid


@pytest.mark.parametrize(
    ("events", "inside", "outside"),
    [
        ([("introduced", "0"), ("fixed", "2.0.0")], ["0.0.0-alpha", "1.9.9", "2.0.0-rc.1"], ["2.0.0", "3.0.0"]),
        ([("introduced", "1.0.0"), ("last_affected", "1.5.0")], ["1.0.0", "1.5.0"], ["0.9.0", "1.5.1"]),
        (
            [("introduced", "3.0.0"), ("fixed", "3.1.0"), ("introduced", "0"), ("fixed", "1.2.0")],
            ["1.1.0", "3.0.5"],
            ["1.2.0", "2.0.0", "3.1.0"],
        ),
        ([("introduced", "1.0.0")], ["1.0.0", "99.0.0"], ["0.9.0"]),
        ([("introduced", "0"), ("limit", "2.0.0")], ["1.0.0"], ["2.0.0"]),
        ([("introduced", "0"), ("limit", "*")], ["99.0.0"], []),
        ([("introduced", "1.0.0"), ("last_affected", "1.0.0")], ["1.0.0"], ["1.0.1"]),
        ([("introduced", "1.0.0"), ("fixed", "1.5.0"), ("introduced", "1.5.0")], ["1.5.0"], []),
    ],
)
def test_is_affected_evaluates_ranges_as_osv_defines(record, events, inside, outside):
    entries = record(events=events).affected

    assert [version for version in inside + outside if is_affected(entries, version)] == inside


def test_a_listed_version_is_affected_whatever_the_ranges_say(record):
    entries = record(package=("PyPI", "left"), events=[("introduced", "5")], versions=["1.0", "odd-1"]).affected

    assert is_affected(entries, "1.0.0")
    assert is_affected(entries, "odd-1")
    assert not is_affected(entries, "1.1")


def test_a_record_without_ranges_affects_its_listed_versions_only(record):
    entries = record(events=None, versions=["1.0.0"]).affected

    assert is_affected(entries, "1.0.0")
    assert not is_affected(entries, "1.0.1")


def test_a_local_version_has_the_faults_of_its_public_one(record):
    entries = record(package=("PyPI", "left"), events=[("introduced", "0"), ("last_affected", "2.0")]).affected

    assert is_affected(entries, "2.0+cu116")
    assert not is_affected(entries, "2.1+cu116")


def test_bounds_that_are_no_versions_are_a_doubt_and_not_a_no(record):
    entries = record(package=("PyPI", "left"), events=[("introduced", "0"), ("fixed", "2019-09-12")]).affected

    with pytest.raises(Undecidable, match="2019-09-12"):
        is_affected(entries, "1.0")


def test_a_pin_that_is_no_version_is_refused(record):
    with pytest.raises(VersionInvalid):
        is_affected(record().affected, "newest")
