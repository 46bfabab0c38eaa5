import bz2
import hashlib
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile

import pytest

from plugins.archive import ArchiveLimits, ArchiveRefused, unpack
from plugins.archive.store import Store

ELF = b"\x7fELF" + bytes(60)


def paths(unpacked):
    return [file.path for file in unpacked.files]


def rules(unpacked):
    return [note.rule for note in unpacked.notes]


def test_unpack_describes_every_file_of_a_zip(build, open_archive):
    raw = build.zip({"b/x.py": "print()\n", "a.txt": "hello"})

    unpacked = open_archive(raw)

    assert (unpacked.kind, unpacked.entries, unpacked.size) == ("zip", 2, len(raw))
    assert unpacked.sha256 == hashlib.sha256(raw).hexdigest()
    assert [(file.path, file.size, file.language) for file in unpacked.files] == [
        ("a.txt", 5, None),
        ("b/x.py", 8, "python"),
    ]
    assert unpacked.files[0].sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (open_archive.root / "b" / "x.py").read_bytes() == b"print()\n"


@pytest.mark.parametrize(
    ("kind", "compress"),
    [("tar", bytes), ("tar.bz2", bz2.compress), ("tar.xz", lzma.compress)],
)
def test_unpack_reads_every_kind_of_tar(build, open_archive, kind, compress):
    unpacked = open_archive(compress(build.tar({"pkg/a.js": "1", "pkg/b.js": "2"})))

    assert (unpacked.kind, paths(unpacked)) == (kind, ["a.js", "b.js"])


def test_unpack_writes_files_others_may_read_and_none_may_run(build, open_archive):
    old = os.umask(0o077)
    try:
        open_archive(build.tgz([build.tar_member("package/bin/run", b"#!/bin/sh\n", mode=0o4777)]))
    finally:
        os.umask(old)

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in (open_archive.root, *open_archive.root.rglob("*"))
    }
    assert modes == {"tree": 0o755, "bin": 0o755, "run": 0o644}


def test_unpack_notes_what_is_odd_but_taken(build, open_archive):
    unpacked = open_archive(
        build.tgz(
            [
                build.tar_member("package/run", b"#!/bin/sh\n", mode=0o4755),
                build.tar_member("package/tool", ELF),
                build.tar_member("package/lib/x.node", ELF),
                build.tar_member("package/inner.zip", build.zip({"a": "b"})),
                build.tar_member("package/CON", b""),
            ]
        )
    )

    assert rules(unpacked) == ["executable-binary", "native-library", "nested-archive-opened", "odd-name", "setuid"]


def test_unpack_keeps_the_folders_of_a_wheel(build, open_archive):
    unpacked = open_archive(build.zip({"acme/__init__.py": "", "acme-1.dist-info/METADATA": ""}))

    assert paths(unpacked) == ["acme-1.dist-info/METADATA", "acme/__init__.py"]


def test_unpack_keeps_the_dist_info_of_a_wheel_without_modules(build, open_archive):
    assert paths(open_archive(build.zip({"acme-1.dist-info/METADATA": ""}))) == ["acme-1.dist-info/METADATA"]


@pytest.mark.parametrize("top", ["package", "node", "my-plugin-1.0"])
def test_unpack_strips_the_top_folder_whatever_its_name(build, open_archive, top):
    assert paths(open_archive(build.tgz({f"{top}/package.json": "{}", f"{top}/a/b.js": ""}))) == [
        "a/b.js",
        "package.json",
    ]


def test_unpack_merges_several_top_folders_as_npm_does(build, open_archive):
    unpacked = open_archive(build.tgz({"package/package.json": "{}", "other/lib/a.js": ""}))

    assert (paths(unpacked), rules(unpacked)) == (["lib/a.js", "package.json"], ["several-top-folders"])


def test_unpack_takes_the_dot_for_the_top_folder_as_npm_does(build, open_archive):
    unpacked = open_archive(build.tgz({"./package.json": "{}", "./lib/package.json": "{}", "./lib/a.js": ""}))

    assert paths(unpacked) == ["lib/a.js", "lib/package.json", "package.json"]


def test_unpack_ignores_the_folder_macos_adds(build, open_archive):
    assert "apiProperties.json" in paths(open_archive(build.zip({"c/apiProperties.json": "{}", "__MACOSX/c/._a": ""})))


def test_unpack_takes_long_names_of_pax_and_gnu(build, open_archive):
    name = "package/" + "d" * 120 + "/" + "f" * 100 + ".js"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        unpacked = open_archive(build.tgz({name: "1", "package/ü.js": "2"}, form=form))
        assert paths(unpacked) == [name.removeprefix("package/"), "ü.js"]
        for file in sorted(open_archive.root.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()


class Unseekable(io.BytesIO):
    """Makes zipfile write data descriptors, as tools that stream do."""

    def seekable(self):
        return False

    def seek(self, *_):
        raise OSError


def test_unpack_takes_data_descriptors_zip64_and_folder_entries(open_archive):
    buffer = Unseekable()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("plugin/", "")
        archive.writestr("plugin/a.js", "x" * 1000)
        with archive.open(zipfile.ZipInfo("plugin/b.js"), "w", force_zip64=True) as entry:
            entry.write(b"")
        info = zipfile.ZipInfo("plugin/c.js")
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as entry:
            entry.write(b"y" * 100_000)

    unpacked = open_archive(buffer.getvalue())

    assert [(file.path, file.size) for file in unpacked.files] == [("a.js", 1000), ("b.js", 0), ("c.js", 100_000)]
    assert unpacked.entries == 4


def test_unpack_takes_odd_modes_and_old_headers(build, open_archive):
    raw = build.header(b"package/a.js", b"1", magic=bytes(8)) + build.header(b"package/b.js", b"2") + build.END

    assert paths(open_archive(raw)) == ["a.js", "b.js"]


def test_unpack_takes_an_old_name_with_a_slash_for_a_folder(build, open_archive):
    old = {"magic": bytes(8), "kind": b"\x00"}
    raw = build.header(b"package/", **old) + build.header(b"package/a.js", b"1", **old) + build.END

    assert paths(open_archive(raw)) == ["a.js"]


def test_unpack_notes_names_of_unknown_encoding(build, open_archive):
    unpacked = open_archive(build.zip({"abcd.js": "1"}).replace(b"abcd", "éé".encode()))

    assert (paths(unpacked), rules(unpacked)) == (["éé.js"], ["name-encoding"])


def test_unpack_takes_zero_padding_behind_the_end(build, open_archive):
    assert paths(open_archive(build.tgz({"package/a.js": "1"}) + bytes(5000))) == ["a.js"]


def test_unpack_reads_content_that_expands_beyond_one_piece(build, open_archive):
    content = b"ab" * 3_000_000

    unpacked = open_archive(build.zip({"a": content}))

    assert unpacked.files[0].sha256 == hashlib.sha256(content).hexdigest()


def test_unpack_leaves_a_destination_in_use_alone(build, tmp_path):
    (tmp_path / "artifact").write_bytes(build.zip({"a": "b"}))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "mine").write_text("keep")

    with pytest.raises(ValueError, match="not empty"):
        unpack(tmp_path / "artifact", tmp_path / "tree")

    assert (tmp_path / "tree" / "mine").read_text() == "keep"


def test_unpack_leaves_nothing_when_the_disk_fails_at_the_end(build, tmp_path, monkeypatch):
    (tmp_path / "artifact").write_bytes(build.zip({"a": "1", "b": "2"}))
    real, calls = os.rename, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="No space"):
        unpack(tmp_path / "artifact", tmp_path / "tree")

    assert list((tmp_path / "tree").iterdir()) == []


def test_unpack_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ArchiveRefused) as caught:
        unpack(tmp_path / "pipe", tmp_path / "tree")

    assert caught.value.code == "not-an-archive"


def test_unpack_sums_up_notes_of_one_kind(build, open_archive):
    unpacked = open_archive(build.zip({f"{n}.bin": ELF for n in range(120)}))

    assert rules(unpacked) == ["executable-binary"] * 101
    assert "20 more" in unpacked.notes[0].message


@pytest.mark.parametrize(
    ("name", "content", "language"),
    [
        ("a.MJS", b"", "javascript"),
        ("a.d.ts", b"", "typescript"),
        ("a.tsx", b"", "tsx"),
        ("bin/x", b"#!/usr/bin/env node\n", "javascript"),
        ("bin/y", b"#! /bin/bash -e\n", "shell"),
        ("bin/z", b"#!/usr/bin/python3.11\n", "python"),
        ("script.csx", b"", "csharp"),
        (".js", b"", None),
        ("README", b"node\n", None),
    ],
)
def test_unpack_names_the_language(build, open_archive, name, content, language):
    files = open_archive(build.zip({name: content, "zz/other": ""})).files

    assert {file.path: file.language for file in files}[name] == language


def test_unpack_notes_code_compiled_for_a_machine_in_software(build, open_archive):
    files = {"a.wasm": b"\0asm\1\0\0\0", "b.pyc": b"\xa7\r\r\n" + bytes(12), "c.txt": b"\xa7\r\r\n"}
    unpacked = open_archive(build.zip(files))

    assert [(note.rule, note.path) for note in unpacked.notes] == [
        ("executable-binary", "a.wasm"),
        ("executable-binary", "b.pyc"),
    ]


@pytest.mark.parametrize("size", [1, 2])
def test_takes_a_header_that_repeats_its_sizes_for_zip64_and_refuses_one_that_contradicts(build, open_archive, size):
    """Bazel's wheels and those of older zipfile writers told to make room: the sizes stand there twice."""
    info, content = build.member("good.js", b"1")
    info.extra = struct.pack("<2H2Q", 1, 16, size, size)
    raw = build.zip([(info, content)], method=zipfile.ZIP_STORED)

    if size == len(content):
        assert open_archive(raw).entries == 1
    else:
        assert open_archive.refused(raw) == "header-mismatch"


def test_two_files_are_never_put_in_one_place(tmp_path):
    with Store(tmp_path / "tree", ArchiveLimits()) as store:
        written = [store.write((name,), [b"x"]) for name in ("a", "b")]

        with pytest.raises(ValueError, match="two files for"):
            store.publish((file, ("same",)) for file in written)
