"""What an attacker hands in. Each is refused by its own code, in one sentence, and leaves nothing behind."""

import bz2
import gzip
import lzma
import random
import stat
import struct
import tarfile
import time
import zipfile
import zlib

import pytest

SMALL = {
    "max_total_bytes": 3_000_000,
    "max_file_bytes": 2_000_000,
    "free_bytes": 100_000,
    "max_archive_bytes": 1_000_000,
}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"hello, world", "not-an-archive"),
        (b"%PDF-1.7\n" * 200, "not-an-archive"),
        (bytes(10_240), "empty"),
        (b"PK\x05\x06" + bytes(18), "empty"),
        (b"PK\x03\x04 and then nothing", "truncated"),
        (b"\x1f\x8b\x08", "truncated"),
        (b"\x1f\x8bgarbage and more of it", "damaged"),
        (gzip.compress(b"not a tar at all" * 100), "damaged"),
        (gzip.compress(b""), "truncated"),
    ],
)
def test_refuses_what_is_no_whole_archive(open_archive, raw, code):
    assert open_archive.refused(raw) == code


NAMES = [
    ("../../etc/passwd", "traversal"),
    ("a/../../b", "traversal"),
    ("/etc/passwd", "traversal"),
    ("C:/Windows/x", "traversal"),
    ("c:x", "traversal"),
    ("package/C:/x", "traversal"),
    ("a\\..\\b", "bad-name"),
    ("a\x1b[2Jb", "bad-name"),
    ("a\nb", "bad-name"),
    ("evil\u202etxt.js", "bad-name"),
    ("zero\u200bwidth.js", "bad-name"),
    ("soft\u00adhyphen", "bad-name"),
    ("filler\u3164.js", "bad-name"),
    ("n" * 256, "bad-name"),
    ("/".join("d" * 41), "bad-name"),
]


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_refuses_names_in_a_zip(build, open_archive, name, code):
    assert open_archive.refused(build.zip({"ok.js": "1", name: "2"})) == code


@pytest.mark.parametrize(("name", "code"), NAMES)
def test_refuses_names_in_a_tar(build, open_archive, name, code):
    assert open_archive.refused(build.tgz({"package/ok.js": "1", name: "2"})) == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.js", "a.js"),
        ("a.js", "./a.js"),
        ("a.js", "A.JS"),
        ("stra\u00dfe", "STRASSE"),
        ("caf\u00e9", "cafe\u0301"),
        ("a", "a/b"),
        ("a/b", "A"),
        ("a.js", "a.js."),
        ("x//y", "x/y"),
    ],
)
def test_refuses_two_entries_some_system_takes_for_one(build, open_archive, one, other):
    assert open_archive.refused(build.tgz([(one, b"1"), (other, b"2")])) == "duplicate-entry"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_refuses_a_name_twice_in_a_zip(build, open_archive):
    assert open_archive.refused(build.zip([("a.js", "1"), ("a.js", "2")])) == "duplicate-entry"


def test_refuses_top_folders_that_npm_would_merge_over_each_other(build, open_archive):
    raw = build.tgz({"package/package.json": "{}", "package/index.js": "good", "evil/index.js": "bad"})

    assert open_archive.refused(raw) == "duplicate-entry"


def test_refuses_a_root_that_npm_and_others_see_differently(build, open_archive):
    assert open_archive.refused(build.tgz({"package.json": "{}", "package/package.json": "{}"})) == "ambiguous-root"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "device"),
        (tarfile.GNUTYPE_SPARSE, "sparse"),
        (b"V", "unsupported"),
        (b"7", "unsupported"),
    ],
)
def test_refuses_tar_members_that_are_no_files(build, open_archive, kind, code):
    raw = build.header(b"p/ok", b"1") + build.header(b"p/x", kind=kind) + build.END

    assert open_archive.refused(raw) == code


@pytest.mark.parametrize(
    ("mode", "code"),
    [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "device"), (stat.S_IFCHR, "device"), (stat.S_IFDIR, "header-mismatch")],
)
def test_refuses_zip_members_that_are_no_files(build, open_archive, mode, code):
    raw = build.zip([build.member("ok", b"1"), build.member("x", b"/etc/passwd", external=(mode | 0o777) << 16)])

    assert open_archive.refused(raw) == code


def test_refuses_a_folder_with_content(build, open_archive):
    assert open_archive.refused(build.zip([build.member("x/", b"hidden")])) == "header-mismatch"


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        (("central", 8, b"\x01\x00"), "encrypted"),
        (("central", 8, b"\x40\x00"), "encrypted"),
        (("local", 6, b"\x01\x00"), "header-mismatch"),
        (("central", 10, b"\x0c\x00"), "unsupported"),
        (("central", 10, b"\x63\x00"), "unsupported"),
        (("local", 8, b"\x00\x00"), "header-mismatch"),
        (("central", 16, b"\x00\x00\x00\x00"), "header-mismatch"),
        (("local", 14, b"\x00\x00\x00\x01"), "header-mismatch"),
        (("central", 20, b"\x01\x00\x00\x00"), "header-mismatch"),
        (("local", 18, b"\x01\x00\x00\x00"), "header-mismatch"),
        (("central", 24, b"\x01\x00\x00\x00"), "header-mismatch"),
        (("local", 22, b"\x01\x00\x00\x00"), "header-mismatch"),
        (("local", 30, b"zzzz"), "header-mismatch"),
        (("central", 46, b"zzzz"), "header-mismatch"),
        (("central", 42, b"\x05\x00\x00\x00"), "hidden-data"),
        (("end", 4, b"\x01\x00"), "unsupported"),
        (("end", 8, b"\x07\x00\x07\x00"), "header-mismatch"),
        (("end", 8, b"\x01\x00\x01\x00"), "header-mismatch"),
        (("end", 12, b"\x00\x00\x00\x00"), "header-mismatch"),
        (("end", 16, b"\x00\x00\x00\x00"), "header-mismatch"),
        (("end", 20, b"\x09\x00"), "truncated"),
        (("end", 8, b"\xff\xff\xff\xff"), "too-many-entries"),
    ],
)
def test_refuses_zip_headers_that_contradict_each_other(build, open_archive, patch, code):
    raw = build.zip({"one.js": "1" * 50, "two.js": "2" * 50})

    where, offset, value = patch
    assert open_archive.refused(build.patch_zip(raw, where=where, offset=offset, value=value)) == code


def test_refuses_a_zip_entry_whose_headers_lie_about_its_size_alike(build, open_archive):
    raw = build.zip({"one.js": "1" * 50})
    for where, offset in (("local", 22), ("central", 24)):
        raw = build.patch_zip(raw, where=where, offset=offset, value=struct.pack("<L", 10))

    assert open_archive.refused(raw) == "header-mismatch"


def test_refuses_wrong_content(build, open_archive):
    raw = build.zip({"one.js": "1234567890"}, method=zipfile.ZIP_STORED)

    assert open_archive.refused(raw.replace(b"1234567890", b"1234567891")) == "damaged"


def test_refuses_data_before_between_and_behind_zip_entries(build, open_archive):
    raw = build.zip({"one.js": "1", "two.js": "2"})
    second, directory = raw.index(b"PK\x03\x04", 4), raw.index(b"PK\x01\x02")

    assert open_archive.refused(b"#!/bin/sh\n" + raw) == "leading-data"
    assert open_archive.refused(raw + b"tail") == "trailing-data"
    grown = raw[:second] + b"HIDDEN" + raw[second:]
    grown = build.patch_zip(grown, where="end", offset=16, value=struct.pack("<L", directory + 6))
    grown = build.patch_zip(grown, where="central", offset=42, value=struct.pack("<L", second + 6), nth=1)
    assert open_archive.refused(grown) == "hidden-data"
    unlisted = raw[:directory] + b"HIDDEN" + raw[directory:]
    unlisted = build.patch_zip(unlisted, where="end", offset=16, value=struct.pack("<L", directory + 6))
    assert open_archive.refused(unlisted) == "hidden-data"


def test_refuses_an_entry_the_directory_does_not_list(build, open_archive):
    raw = build.zip({"evil.js": "1", "good.js": "2"})
    first = raw.index(b"PK\x01\x02")
    second, end = raw.index(b"PK\x01\x02", first + 4), raw.index(b"PK\x05\x06")
    cut = raw[:first] + raw[second:end] + raw[end:]
    cut = build.patch_zip(cut, where="end", offset=8, value=struct.pack("<2HL", 1, 1, end - second))

    assert open_archive.refused(cut) == "hidden-data"


def test_refuses_overlapping_entries(build, open_archive):
    """David Fifield's bomb: many directory entries for one compressed kernel."""
    raw = build.zip({"a.js": "1" * 50, "b.js": "2" * 50})

    assert open_archive.refused(build.patch_zip(raw, where="central", offset=42, value=bytes(4), nth=1)) == "overlap"


def test_refuses_two_end_records(build, open_archive):
    inner = build.zip({"evil.js": "1"})

    assert open_archive.refused(build.zip({"good.js": "1"}, comment=inner)) == "polyglot"
    assert open_archive.refused(build.zip({"good.js": "1"}, comment=b"PK\x05\x06")) == "polyglot"


def test_refuses_a_zip64_record_that_contradicts_the_end_record(build, open_archive):
    raw = build.zip({"a.js": "1"})
    end = raw.index(b"PK\x05\x06")
    size, start = struct.unpack_from("<2L", raw, end + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)

    assert open_archive.refused(raw[:end] + record + locator + raw[end:]) == "header-mismatch"
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, start)
    honest = raw[:end] + record + locator + raw[end:]
    assert open_archive.refused(build.patch_zip(honest, where="end", offset=8, value=b"\x02\x00")) == "header-mismatch"
    assert open_archive.refused(raw[:end] + locator + raw[end:]) == "header-mismatch"
    assert open_archive(honest).entries == 1


@pytest.mark.parametrize(
    "extra",
    [
        struct.pack("<2H", 0x7075, 11) + b"\x01\x00\x00\x00\x00evil.j",
        struct.pack("<2HQ", 0x0001, 8, 5),
        struct.pack("<2H", 0xCAFE, 200) + b"short",
        b"\x01",
    ],
)
def test_refuses_disputed_extra_fields(build, open_archive, extra):
    info, content = build.member("good.js", b"1")
    info.extra = extra

    assert open_archive.refused(build.zip([(info, content)])) in {"header-mismatch", "damaged"}


def test_refuses_a_name_that_is_not_utf8(build, open_archive):
    raw = build.zip({"abcd.js": "1"})

    assert open_archive.refused(raw.replace(b"abcd", b"\xff\xfe\xfd\xfc")) == "bad-name"
    assert open_archive.refused(build.header(b"p/\xff\xfe.js", b"1") + build.END) == "bad-name"


def test_refuses_a_zip_that_is_also_a_tar(build, open_archive):
    """The tar's first member is named like a zip's first bytes and its content ends as a zip does."""
    inner = build.zip({"evil.js": "1"})

    assert open_archive.refused(build.tar({"p/good.js": "1", "p/inner": inner})) == "polyglot"
    tarred = build.header(b"PK\x03\x04", inner)
    assert open_archive.refused(tarred + build.END) == "polyglot"


def test_refuses_a_tgz_with_a_zip_stored_inside(build, open_archive):
    inner = build.tar({"p/a.js": "1", "p/z": build.zip({"evil.js": "1"})})
    engine = zlib.compressobj(0, zlib.DEFLATED, 31)

    assert open_archive.refused(engine.compress(inner) + engine.flush()) == "polyglot"


def test_refuses_truncation_at_every_place(build, open_archive):
    for raw in (
        build.zip({"a.js": "1" * 99, "b": "2"}),
        build.tgz({"p/a.js": "1" * 2000}),
        build.tar({"p/a": "1"})[:1536],
    ):
        for end in range(4, len(raw), 37):
            assert open_archive.refused(raw[:end]) in {"truncated", "damaged", "not-an-archive", "header-mismatch"}


@pytest.mark.parametrize(
    "tail", [b"evil", gzip.compress(b"second"), bytes(70_000) + b"x"], ids=["text", "second stream", "behind zeros"]
)
def test_refuses_data_behind_a_compressed_stream(build, open_archive, tail):
    assert open_archive.refused(build.tgz({"p/a.js": "1"}) + tail) == "trailing-data"


def test_refuses_data_behind_the_end_of_a_tar(build, open_archive):
    raw = build.tar({"p/a.js": "1"})

    assert open_archive.refused(gzip.compress(raw + raw)) == "trailing-data"
    assert open_archive.refused(build.header(b"p/a", b"1") + bytes(512) + build.header(b"p/b", b"2")) == "trailing-data"


def test_refuses_a_tar_without_an_end(build, open_archive):
    assert open_archive.refused(build.header(b"p/a", b"1")) == "truncated"
    assert open_archive.refused(build.header(b"x", b"9 path=a\n", kind=b"x") + build.END) == "truncated"


def pax(*records):
    lines = []
    for record in records:
        length = len(record) + 3
        length = len(record) + 2 + len(str(length))
        lines.append(b"%d %s\n" % (length, record))
    return b"".join(lines)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([(b"x", pax(b"size=5"))], "header-mismatch"),
        ([(b"x", pax(b"path=a", b"path=b"))], "header-mismatch"),
        ([(b"x", pax(b"path=a")), (b"x", pax(b"path=b"))], "header-mismatch"),
        ([(b"x", pax(b"path=a")), (b"L", b"b\x00")], "header-mismatch"),
        ([(b"x", pax(b"GNU.sparse.major=1"))], "sparse"),
        ([(b"x", pax(b"linkpath=/etc/passwd"))], "link"),
        ([(b"K", b"/etc/passwd\x00")], "link"),
        ([(b"x", pax(b"path=../../evil"))], "traversal"),
        ([(b"x", pax(b"path=a\x00b"))], "bad-name"),
        ([(b"x", pax(b"path=\xff"))], "bad-name"),
        ([(b"x", b"5 path=a")], "damaged"),
        ([(b"x", b"-9 path=a\n")], "damaged"),
        ([(b"x", b"0 path=a\n")], "damaged"),
        ([(b"x", b"99999999999 path=a\n")], "damaged"),
        ([(b"L", b"../../evil\x00")], "traversal"),
        ([(b"g", pax(b"path=everything"))], "header-mismatch"),
        ([(b"g", pax(b"GNU.sparse.name=everything"))], "header-mismatch"),
        ([(b"x", pax(b"path="))], "header-mismatch"),
        ([(b"x", pax(b"comment=x\n18 path=p/evil.js"))], "header-mismatch"),
        ([(b"x", pax(b"uname=x\n\t18 path=p/evil.js"))], "header-mismatch"),
        ([(b"x", pax(b"type=Directory"))], "unsupported"),
        ([(b"x", pax(b"ignore=1"))], "unsupported"),
        ([(b"x", pax(b"SCHILY.a\nb=1"))], "unsupported"),
        ([(b"x", pax(b"SCHILY.realsize=9"))], "sparse"),
    ],
)
def test_refuses_extended_tar_headers(build, open_archive, headers, code):
    raw = b"".join(build.header(b"p/ext", content, kind=kind) for kind, content in headers)

    assert open_archive.refused(raw + build.header(b"p/ok", b"1") + build.END) == code


def test_takes_what_honest_tools_add_to_extended_tar_headers(build, open_archive):
    records = pax(b"mtime=1.5", b"SCHILY.dev=1", b"LIBARCHIVE.xattr.com.apple.provenance=AQIA", b"comment=two\nlines")
    raw = build.header(b"p/ext", records, kind=b"x") + build.header(b"p/ok", b"1") + build.END

    assert [file.path for file in open_archive(raw).files] == ["ok"]


def test_bounds_the_work_that_extended_tar_headers_make(build, open_archive):
    """Of one, linear in its length; of all, by what they hold together."""
    many = build.header(b"p/ext", b"".join(b"14 A.%06d=1\n" % number for number in range(18_000)), kind=b"x")
    few = build.header(b"p/ext", pax(b"comment=" + b"x" * 250_000), kind=b"x")

    started = time.process_time()
    raw = b"".join((many if number < 5 else few) + build.header(b"p/%d" % number) for number in range(70))
    assert open_archive.refused(raw + build.END) == "too-large"
    assert time.process_time() - started < 3


def test_refuses_a_huge_extended_header(build, open_archive):
    raw = build.header(b"p/ext", pax(b"comment=" + b"x" * 300_000), kind=b"x")

    assert open_archive.refused(raw + build.header(b"p/ok", b"1") + build.END) == "too-large"


def test_refuses_a_prefix_that_only_some_readers_use(build, open_archive):
    for magic in (b"ustar  \x00", b"ustar\x0001", bytes(8)):
        raw = build.header(b"ok.js", b"1", prefix=b"p/x", magic=magic)
        assert open_archive.refused(raw + build.END) in {"header-mismatch", "unsupported"}


@pytest.mark.parametrize("field", [{"name": b"p/a.js\0\nb"}, {"name": b"a.js", "prefix": b"p\0\nb"}])
def test_refuses_text_behind_the_end_of_a_tar_name(build, open_archive, field):
    assert open_archive.refused(build.header(content=b"1", **field) + build.END) == "header-mismatch"


def test_takes_the_times_some_tools_keep_behind_a_tar_prefix(build, open_archive):
    raw = build.header(b"a.js", b"1", prefix=b"p".ljust(131, b"\0") + b"14000000000\0" * 2)

    assert [file.path for file in open_archive(raw + build.END).files] == ["a.js"]


def test_refuses_an_owner_that_is_no_number(build, open_archive):
    """Python's reader takes such a header for the archive's end."""
    raw = bytearray(build.header(b"p/a.py", b"1"))
    raw[108:116], raw[148:156] = b"nobody\0\0", b" " * 8
    raw[148:156] = b"%06o\x00 " % sum(raw[:512])

    assert open_archive.refused(bytes(raw) + build.END) == "damaged"


@pytest.mark.parametrize("size", [b"-0000000001\x00", b"\xff" * 12, b"9" * 11 + b"\x00", b"0x10\x00" + bytes(7)])
def test_refuses_numbers_that_are_none(build, open_archive, size):
    assert open_archive.refused(build.header(b"p/a", b"1", size=size) + build.END) in {"damaged", "file-too-large"}


def test_refuses_a_member_that_claims_terabytes(build, open_archive):
    raw = build.header(b"p/a", b"1", size=b"\x80" + (1 << 50).to_bytes(11, "big"))

    assert open_archive.refused(raw + build.END) == "file-too-large"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_refuses_a_bomb_in_a_compressed_tar(build, open_archive, compress):
    raw = compress(build.tar({f"p/{n}": bytes(400_000) for n in range(10)}))

    assert open_archive.refused(raw, **SMALL) == "bomb"


def test_refuses_a_bomb_made_of_padding(build, open_archive):
    assert open_archive.refused(gzip.compress(build.tar({"p/a": "1"}) + bytes(2_000_000)), **SMALL) == "bomb"


def test_refuses_a_zip_bomb(build, open_archive):
    assert open_archive.refused(build.zip({f"{n}": bytes(400_000) for n in range(5)}), **SMALL) == "bomb"


def test_refuses_a_zip_bomb_that_hides_its_size(build, open_archive):
    raw = build.zip({"a": bytes(1_900_000)})
    for where, offset in (("local", 22), ("central", 24)):
        raw = build.patch_zip(raw, where=where, offset=offset, value=struct.pack("<L", 100))

    assert open_archive.refused(raw, **SMALL) == "header-mismatch"


def test_refuses_too_much_in_all(build, open_archive):
    noise = random.Random(1).randbytes(300_000)  # noqa: S311 - bytes that do not compress
    limits = SMALL | {"max_total_bytes": 500_000}

    assert open_archive.refused(build.tgz({"p/a": noise, "p/b": noise[:250_000]}), **limits) == "too-large"
    assert open_archive.refused(build.zip({"p/a": noise, "p/b": noise[:250_000]}), **limits) == "too-large"
    assert open_archive.refused(build.zip({"p/a": noise}), max_archive_bytes=100_000) == "too-large"


def test_refuses_a_file_too_large(build, open_archive):
    noise = random.Random(1).randbytes(300_000)  # noqa: S311 - bytes that do not compress

    assert open_archive.refused(build.zip({"a": noise}), max_file_bytes=299_999) == "file-too-large"
    assert open_archive.refused(build.tgz({"p/a": noise}), max_file_bytes=299_999) == "file-too-large"


def test_refuses_a_hundred_thousand_entries_quickly(build, open_archive):
    zipped = build.zip({f"{n}": b"" for n in range(25_000)}, method=zipfile.ZIP_STORED)
    hidden = build.patch_zip(zipped, where="end", offset=8, value=struct.pack("<2H", 5, 5))
    tarred = gzip.compress(b"".join(build.header(b"p/%d" % n, kind=b"5") for n in range(25_000)) + build.END, 1)

    start = time.process_time()
    assert open_archive.refused(zipped) == "too-many-entries"
    assert open_archive.refused(hidden) == "header-mismatch"
    assert open_archive.refused(tarred) == "too-many-entries"
    assert time.process_time() - start < 5


def test_refuses_endless_extended_headers(build, open_archive):
    raw = build.header(b"g", pax(b"comment=x"), kind=b"g") * 100 + build.END

    assert open_archive.refused(raw, max_entries=10) == "too-many-entries"


def test_survives_every_flipped_byte(build, open_archive):
    """No byte of a small archive can be changed so that anything but a refusal or the same files come out."""
    source = build.zip({"a/one.js": "console.log(1)", "a/two.js": "2"})
    for at in range(len(source)):
        raw = source[:at] + bytes([source[at] ^ 0xFF]) + source[at + 1 :]
        try:
            open_archive(raw)
        except Exception as error:  # noqa: BLE001 - anything else is the failure looked for
            assert type(error).__name__ == "ArchiveRefused", (at, error)  # noqa: PT017
        else:
            files = sorted(path for path in open_archive.root.rglob("*") if path.is_file())
            assert [path.read_bytes() for path in files] == [b"console.log(1)", b"2"], at
            for path in files:
                path.unlink()


def test_refuses_a_bundled_package_hidden_by_a_dot(build, open_archive):
    """npm strips the dot and finds `node_modules/dep` with its install script; the rest loses `package`."""
    raw = build.tgz({"package/package.json": "{}", "./node_modules/dep/package.json": "{}"})

    assert open_archive.refused(raw) == "ambiguous-root"


def test_refuses_more_folders_than_entries_are_taken(build, open_archive):
    """Each of forty levels: the entries are few, the folders would use up the disk's file numbers."""
    raw = build.tgz({f"p/{number}/{'/'.join('d' * 30)}/f": "" for number in range(50)})

    assert open_archive.refused(raw, max_entries=1000) == "too-many-entries"


def test_refuses_a_zip_entry_that_is_a_folder_to_some_readers(build, open_archive):
    assert open_archive.refused(build.zip([build.member("a.js", "1", external=0x10)])) == "header-mismatch"


@pytest.mark.parametrize("kind", [0x756E, 0x6C78])
def test_refuses_a_second_statement_of_what_a_zip_entry_is(build, open_archive, kind):
    info, content = build.member("a.js", "1")
    info.extra = struct.pack("<2HL", kind, 14, 0) + struct.pack("<H", stat.S_IFLNK | 0o777) + bytes(8)

    assert open_archive.refused(build.zip([(info, content)])) == "unsupported"


def test_refuses_thousands_of_extra_fields(build, open_archive):
    info, content = build.member("a.js", "1")
    info.extra = b"".join(struct.pack("<2H", 0x8000 + number, 0) for number in range(200))

    assert open_archive.refused(build.zip([(info, content)])) == "unsupported"


def test_refuses_a_tar_that_is_a_big_zip_as_well(build, open_archive):
    inner = build.zip({"a.py": "1"})
    end = inner.rindex(b"PK\x05\x06")
    count, length, start = struct.unpack_from("<HLL", inner, end + 10)
    big = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    sentinels = b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2)

    assert open_archive.refused(build.tar({"p/a.bin": inner[:end] + big + locator + sentinels})) == "polyglot"
