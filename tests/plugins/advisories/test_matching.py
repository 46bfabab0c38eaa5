from __future__ import annotations

import pytest

from governance.vocabulary import Severity
from plugins.advisories.matching import AdvisoryIndex
from plugins.package import Dependency

RANGE = [("introduced", "1.0.0"), ("fixed", "1.5.0")]


def answer(records, requirement, *, ecosystem="npm", **more):
    return AdvisoryIndex(records).answer(Dependency(ecosystem, "left", requirement, **more))


def test_answer_finds_the_pinned_version_affected_and_says_what_fixes_it(record):
    (match,) = answer([record(events=RANGE, summary="Bad")], "1.2.0").matches

    assert (match.kind, match.id, match.fixed, match.summary) == ("affected", "GHSA-aaaa-bbbb-cccc", ("1.5.0",), "Bad")


@pytest.mark.parametrize("requirement", ["1.5.0", "0.9.0", "^2.0.0", ">=1.5.0 <1.6.0", "~0.9.0"])
def test_answer_is_clean_where_no_affected_version_can_be_meant(record, requirement):
    found = answer([record(events=RANGE)], requirement)

    assert (found.matches, found.answered) == ((), True)


@pytest.mark.parametrize(
    ("requirement", "upgrade"),
    [("^1.0.0", "1.5.0"), ("*", "1.5.0"), ("~1.4.0", None), (">1.4.8 <1.5.0", None), ("0.x || 1.2.x", None)],
)
def test_answer_says_could_resolve_and_whether_the_fix_is_allowed(record, requirement, upgrade):
    (match,) = answer([record(events=RANGE)], requirement).matches

    assert (match.kind, match.upgrade) == ("could-resolve", upgrade)


def test_an_affected_prerelease_does_not_concern_a_range_that_never_picks_it(record):
    events = [("introduced", "5.0.0-alpha.1"), ("fixed", "5.0.0-beta.3")]

    assert answer([record(events=events)], "^5.0.0").matches == ()
    assert len(answer([record(events=events)], "^5.0.0-alpha.1").matches) == 1


def test_pypi_ranges_and_markers_are_matched_too(record):
    records = [
        record(package=("PyPI", "Left"), events=[("introduced", "0"), ("fixed", "2.0")], versions=["1.0", "1.9"])
    ]

    assert len(answer(records, ">=1.5; python_version < '3'", ecosystem="PyPI").matches) == 1
    assert answer(records, "~=2.1", ecosystem="PyPI").matches == ()
    assert answer(records, "!=1.0,>=2", ecosystem="PyPI").matches == ()


def test_withdrawn_records_do_not_match(record):
    assert answer([record(withdrawn="2024-06-01T00:00:00Z")], "1.0.0").matches == ()


def test_aliases_are_one_fault_transitively_whichever_database_is_there(record):
    both = [
        record("PYSEC-2024-1", events=RANGE, aliases=["CVE-2024-1"]),
        record("OTHER-7", package=("npm", "elsewhere"), aliases=["CVE-2024-1", "GHSA-zzzz-zzzz-zzzz"]),
        record("GHSA-zzzz-zzzz-zzzz", events=RANGE, database_specific={"severity": "LOW"}),
    ]

    (match,) = answer(both, "1.2.0").matches

    assert match.id == "GHSA-zzzz-zzzz-zzzz"
    assert match.aliases == ("CVE-2024-1", "PYSEC-2024-1")
    assert (match.severity, match.severity_stated) == (Severity.LOW, True)


def test_the_lead_id_is_the_same_with_only_one_of_the_databases(record):
    (match,) = answer([record("PYSEC-2024-1", events=RANGE, aliases=["CVE-2024-1", "GHSA-zz"])], "1.2.0").matches

    assert match.id == "GHSA-zz"


def test_related_records_stay_two_faults(record):
    records = [record("GHSA-a1", related=["GHSA-b1"]), record("GHSA-b1", related=["GHSA-a1"])]

    assert len(answer(records, "1.0.0").matches) == 2


def test_a_fix_another_record_still_affects_is_no_fix(record):
    records = [
        record("GHSA-a1", events=[("introduced", "0"), ("fixed", "1.5.0")], aliases=["CVE-1"]),
        record("PYSEC-1", events=[("introduced", "0"), ("fixed", "1.6.0")], aliases=["CVE-1"]),
    ]

    assert answer(records, "1.0.0").matches[0].fixed == ("1.6.0",)


@pytest.mark.parametrize("requirement", ["github:a/b", "workspace:*", "1.x.2"])
def test_what_cannot_be_compared_is_not_answered(record, requirement):
    assert not answer([record()], requirement).answered


def test_a_range_nobody_can_evaluate_leaves_a_doubt(record):
    records = [record(package=("PyPI", "left"), events=[("introduced", "0"), ("fixed", "2019-09-12")])]

    for requirement in ("==1.0", ">=1.0"):
        found = answer(records, requirement, ecosystem="PyPI")
        assert (found.matches, found.answered) == ((), False)
        assert "2019-09-12" in found.doubts[0]


def test_a_pin_that_is_no_version_is_a_doubt_even_without_advisories():
    assert not answer([], "===odd", ecosystem="PyPI").answered
