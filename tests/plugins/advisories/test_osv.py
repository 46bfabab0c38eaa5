from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.vocabulary import Severity
from plugins.advisories.osv import RecordInvalid, decode_record, parse_record


def test_parse_record_reads_what_matching_needs(osv):
    data = osv(
        "PYSEC-2024-1",
        package=("PyPI", "Some_Package"),
        aliases=["CVE-2024-1", "CVE-2024-1", "PYSEC-2024-1"],
        withdrawn="2024-06-01T00:00:00+02:00",
        details="# First line\nsecond",
    )

    read = parse_record(data)

    assert read.id == "PYSEC-2024-1"
    assert read.modified == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert read.withdrawn == datetime(2024, 5, 31, 22, tzinfo=UTC)
    assert read.aliases == ("CVE-2024-1",)
    assert read.summary == "# First line"
    assert read.packages == (("PyPI", "some-package"),)
    assert (read.severity, read.severity_stated, read.is_malicious) == (Severity.MEDIUM, False, False)
    assert read.raw is data


def test_parse_record_cleans_the_summary_of_control_and_direction_marks(osv):
    read = parse_record(osv(summary="one\x1b[31m \u202etwo\nthree" + "x" * 400))

    assert read.summary.startswith("one [31m two three")
    assert len(read.summary) == 250


def test_parse_record_takes_the_zero_time_of_real_dumps(osv):
    assert parse_record({**osv(), "modified": "1-01-01T00:00:00Z"}).modified == datetime(1970, 1, 1, tzinfo=UTC)


def test_parse_record_leaves_commit_ranges_out_and_accepts_missing_ranges(osv):
    data = osv(events=None)
    data["affected"].append({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]})
    data["affected"][0]["ranges"] = [{"type": "GIT", "repo": "r", "events": [{"introduced": "abc"}]}]

    assert [entry.ranges for entry in parse_record(data).affected] == [()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ([], "JSON object"),
        ({"id": None}, "no usable id"),
        ({"id": "<script>"}, "no usable id"),
        ({"modified": "yesterday"}, "modified"),
        ({"modified": "2024-05-01T10:00:00"}, "modified"),
        ({"withdrawn": 5}, "withdrawn"),
        ({"aliases": "CVE-1"}, "aliases"),
        ({"affected": {"a": 1}}, "affected"),
        ({"affected": [{"package": {"name": "x"}}]}, "ecosystem or name"),
        ({"affected": [{"package": {"ecosystem": "npm", "name": "x" * 301}}]}, "longer"),
    ],
)
def test_parse_record_refuses_broken_records_by_name(osv, change, message):
    with pytest.raises(RecordInvalid, match=message):
        parse_record({**osv(), **change} if isinstance(change, dict) else change)


@pytest.mark.parametrize(
    "events",
    [
        [{"fixed": "1.0"}],
        [{"introduced": "0"}, {"fixed": "1"}, {"last_affected": "2"}],
        [{"introduced": "0", "fixed": "1"}],
        [{"introduced": "0"}, {}],
        [{"introduced": "0"}, {"mended": "1"}],
        [{"introduced": 0}],
    ],
)
def test_parse_record_refuses_ranges_the_schema_does_not_define(osv, events):
    data = osv()
    data["affected"][0]["ranges"][0]["events"] = events

    with pytest.raises(RecordInvalid, match="GHSA-aaaa"):
        parse_record(data)


def test_decode_record_replaces_what_no_database_can_store():
    decoded = decode_record(b'{"a\\u0000": ["x\\ud800y", "\\ud83d\\ude00"]}')

    assert decoded == {"a\ufffd": ["x?y", "\U0001f600"]}


@pytest.mark.parametrize("text", [b"NaN", b"[-Infinity]", b'{"a": 1e999}', b"{", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_decode_record_refuses_what_cannot_be_read(text):
    with pytest.raises(RecordInvalid):
        decode_record(text)
