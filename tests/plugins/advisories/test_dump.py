from __future__ import annotations

import json
import zipfile

import pytest

from plugins.advisories.dump import DumpInvalid, DumpLimits, read_dump
from plugins.advisories.osv import OsvRecord


def dump(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return path


def ids(results):
    return [result.id if isinstance(result, OsvRecord) else str(result) for result in results]


def test_read_dump_yields_records_and_names_what_it_cannot_use(tmp_path, osv):
    path = dump(
        tmp_path / "all.zip",
        [
            ("folder/", b""),
            ("GHSA-1a.json", osv("GHSA-1a")),
            ("broken.json", b"{"),
            ("GHSA-2b.json", osv("GHSA-2b", package=("crates.io", "x"))),
            ("again.json", osv("GHSA-1a")),
            ("read\u202eme.txt", b"hello"),
        ],
    )

    assert ids(read_dump(path)) == [
        "GHSA-1a",
        "broken.json: not readable as JSON.",
        "GHSA-2b",
        "again.json: GHSA-1a stands in the dump twice; the first was kept.",
        "read\ufffdme.txt: not a JSON file.",
    ]


def test_read_dump_counts_real_bytes_and_goes_on_after_an_oversized_record(tmp_path, osv):
    path = dump(tmp_path / "all.zip", [("a.json", b" " * 5000), ("b.json", osv("GHSA-2b"))])

    found = ids(read_dump(path, DumpLimits(record_bytes=2000)))

    assert found == ["a.json: larger than 0 MiB.", "GHSA-2b"]


@pytest.mark.parametrize(
    "limits",
    [DumpLimits(file_bytes=10), DumpLimits(entries=1), DumpLimits(total_bytes=100)],
    ids=["file", "count", "sum"],
)
def test_read_dump_stops_at_its_limits(tmp_path, osv, limits):
    path = dump(tmp_path / "all.zip", [("a.json", osv("GHSA-1a")), ("b.json", osv("GHSA-2b"))])

    with pytest.raises(DumpInvalid):
        list(read_dump(path, limits))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_read_dump_refuses_what_is_no_archive(tmp_path, content):
    path = tmp_path / "all.zip"
    path.write_bytes(content)

    with pytest.raises(DumpInvalid, match="no readable zip"):
        list(read_dump(path))


def test_read_dump_refuses_an_empty_or_missing_one(tmp_path):
    with pytest.raises(DumpInvalid, match="no records"):
        list(read_dump(dump(tmp_path / "all.zip", [])))
    with pytest.raises(DumpInvalid, match="no such file"):
        list(read_dump(tmp_path / "other.zip"))


def test_read_dump_names_a_damaged_entry_and_goes_on(tmp_path, osv):
    path = dump(tmp_path / "all.zip", [("a.json", json.dumps(osv("GHSA-1a")) * 3), ("b.json", osv("GHSA-2b"))])
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)

    assert ids(read_dump(path)) == ["a.json: damaged, or packed in an unknown way.", "GHSA-2b"]
