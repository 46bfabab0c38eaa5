"""Archives in the archive are opened by the same rules, two levels deep, and never passed over in silence."""

import gzip

import pytest

from governance.vocabulary import Severity


def notes(unpacked):
    return {(note.path, note.rule, note.severity) for note in unpacked.notes}


def found(unpacked):
    return {file.path: file.container for file in unpacked.files}


def test_what_lies_in_an_archive_in_the_archive_is_a_file_like_any_other(build, open_archive):
    inner = build.tgz({"package/evil.js": "eval(x)"})
    unpacked = open_archive(build.tgz({"package/package.json": "{}", "package/lib/inner.tgz": inner}))

    assert found(unpacked) == {
        "lib/inner.tgz": "",
        "lib/inner.tgz!/evil.js": "lib/inner.tgz",
        "package.json": "",
    }
    assert (open_archive.root / "lib" / "inner.tgz!" / "evil.js").read_text() == "eval(x)"
    assert [file.language for file in unpacked.files if file.container] == ["javascript"]
    assert notes(unpacked) == {("lib/inner.tgz", "nested-archive-opened", Severity.INFO)}


def test_two_levels_are_opened_and_a_third_is_a_grave_finding(build, open_archive):
    third = build.zip({"deep.js": "1"})
    second = build.zip({"third.zip": third})
    first = build.zip({"second.zip": second})
    unpacked = open_archive(build.zip({"first.zip": first, "a.js": ""}))

    assert "first.zip!/second.zip!/third.zip" in found(unpacked)
    assert not any(path.endswith("deep.js") for path in found(unpacked))
    assert ("first.zip!/second.zip!/third.zip", "nested-too-deep", Severity.HIGH) in notes(unpacked)


def test_a_compressed_file_that_is_no_archive_is_opened_under_its_own_name(build, open_archive):
    unpacked = open_archive(build.zip({"data/evil.js.gz": gzip.compress(b"eval(x)"), "a.js": ""}))

    assert (open_archive.root / "data/evil.js.gz!/evil.js").read_text() == "eval(x)"
    assert found(unpacked)["data/evil.js.gz!/evil.js"] == "data/evil.js.gz"


@pytest.mark.parametrize("name", ["../evil.js", "/etc/evil.js", "a\\b.js"])
def test_an_inner_archive_that_would_be_refused_is_refused_and_named(build, open_archive, name):
    bad = build.zip({"x.js": "1", name: "2"})
    unpacked = open_archive(build.zip({"bad.zip": bad, "good.zip": build.zip({"y.js": ""})}))

    assert found(unpacked) == {"bad.zip": "", "good.zip": "", "good.zip!/y.js": "good.zip"}
    assert ("bad.zip", "nested-archive-refused", Severity.MEDIUM) in notes(unpacked)
    assert not (open_archive.root / "bad.zip!").exists()


def test_the_limits_hold_for_all_of_them_together(build, open_archive):
    bombs = {f"{number}.zip": build.zip({"zeros": bytes(900_000)}) for number in range(5)}
    unpacked = open_archive(build.zip(bombs), max_total_bytes=2_000_000, max_ratio=2000)

    opened = [path for path, container in found(unpacked).items() if container]
    refused = [path for path, rule, _ in notes(unpacked) if rule == "nested-archive-refused"]
    assert (opened, len(refused)) == (["0.zip!/zeros", "1.zip!/zeros"], 3)
    assert not (open_archive.root / "4.zip!").exists()


def test_a_refused_inner_bomb_has_used_up_its_share(build, open_archive):
    """Else a thousand of them would each get all of it."""
    cut_off = build.tgz({"q/zeros": bytes(1_500_000)})[:-8]
    small = build.zip({"x.js": "x" * 1_000_000})
    unpacked = open_archive(
        build.tgz({"p/a.tgz": cut_off, "p/c.zip": small}), max_total_bytes=2_000_000, max_ratio=2000
    )

    assert {path: rule for path, rule, _ in notes(unpacked)} == dict.fromkeys(
        ("a.tgz", "c.zip"), "nested-archive-refused"
    )


def test_entries_count_together(build, open_archive):
    many = build.zip({f"{number}.js": "" for number in range(8)})
    unpacked = open_archive(build.zip({"a.zip": many, "b.zip": many}), max_entries=12)

    assert {path.partition("!")[0] for path, container in found(unpacked).items() if container} == {"a.zip"}


def test_a_folder_of_the_same_name_is_not_written_into(build, open_archive):
    inner = build.zip({"evil.js": "2"})
    unpacked = open_archive(build.zip({"a.zip": inner, "a.zip!/evil.js": "1"}))

    assert (open_archive.root / "a.zip!/evil.js").read_text() == "1"
    assert ("a.zip", "nested-archive", Severity.MEDIUM) in notes(unpacked)


def test_a_folder_of_the_same_name_deeper_down_is_not_written_into_either(build, open_archive):
    inner = build.zip({"a.zip": build.zip({"evil.js": "2"}), "a.zip!/evil.js": "1"})
    unpacked = open_archive(build.zip({"outer.zip": inner, "a.js": ""}))

    assert (open_archive.root / "outer.zip!/a.zip!/evil.js").read_text() == "1"
    assert ("outer.zip!/a.zip", "nested-archive", Severity.MEDIUM) in notes(unpacked)


def test_kinds_that_are_not_read_here_are_named(build, open_archive):
    unpacked = open_archive(build.zip({"a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(64), "a.js": ""}))

    assert notes(unpacked) == {("a.7z", "nested-archive", Severity.MEDIUM)}


def test_the_longest_name_has_no_room_for_a_folder(build, open_archive):
    unpacked = open_archive(build.zip({"n" * 251 + ".zip": build.zip({"a": ""}), "a.js": ""}))

    assert {rule for _, rule, _ in notes(unpacked)} == {"nested-archive"}
