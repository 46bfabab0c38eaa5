"""Machines look for what people missed: every archive is refused in a sentence, or read as other readers read it.

The same examples on every run; `python -m tests.fuzz` looks for new ones. What was found is pinned below.
"""

import contextlib
import functools
import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import forgeries, readings

SAMPLES = forgeries.sample_archives()
PLAIN = sorted(raw for name, raw in SAMPLES.items() if name.endswith(".tar"))
FULL = readings.ArchiveLimits()
few = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def holds(tmp_path_factory):
    """Hold bytes against every rule and against Python's readers."""

    def check(raw, limits=readings.LIMITS):
        ours = readings.examine(raw, tmp_path_factory.mktemp("fuzz"), limits)
        if ours is not None:
            readings.agrees(raw, ours, readings.python)
        return ours

    return check


@few
@given(raw=forgeries.tars())
def test_forged_tars(holds, raw):
    holds(raw)


@few
@given(raw=forgeries.zips())
def test_forged_zips(holds, raw):
    holds(raw)


@few
@given(raw=forgeries.nested())
def test_archives_in_archives(holds, raw):
    holds(raw)


@few
@given(raw=st.sampled_from(sorted(SAMPLES.values())).flatmap(forgeries.mutated))
def test_damaged_samples(holds, raw):
    holds(raw, FULL)


@few
@given(raw=st.sampled_from(PLAIN).flatmap(forgeries.mutated_tar_headers))
def test_samples_with_other_headers_under_a_right_checksum(holds, raw):
    holds(raw, FULL)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_samples_are_read_as_others_read_them(holds, name):
    assert holds(SAMPLES[name], FULL)


PROGRAMS = {"tar": readings.gnu_tar, "bsdtar": readings.bsdtar, "unzip": readings.unzip}
READERS = [program for program in PROGRAMS if readings.shutil.which(program)] + ["npm"] * bool(readings.npm_tar())
"""Not skipped where missing: they are second opinions, and the project needs none of them."""


@settings(few, max_examples=25)
@pytest.mark.parametrize("program", READERS)
@given(data=st.data())
def test_other_readers_agree(tmp_path_factory, other_reader, program, data):
    reader = other_reader(program)
    forged = forgeries.zips() if program == "unzip" else forgeries.tars()
    raw = data.draw(forged)
    ours = readings.examine(raw, tmp_path_factory.mktemp("fuzz"))
    if ours is not None and (program != "npm" or readings.npm_unpacks(raw)):
        readings.agrees(raw, ours, reader)


@pytest.fixture(scope="module")
def other_reader():
    """Give another program's reader; npm's is kept running."""
    with contextlib.ExitStack() as stack:
        node = functools.cache(lambda: stack.enter_context(contextlib.closing(readings.NodeTar(readings.npm_tar()))))
        yield lambda program: node() if program == "npm" else PROGRAMS[program]


# --- what was found ------------------------------------------------------------------------------------------------


def block(name, *, kind=b"0", prefix=b"", size=0, **numbers):
    fields = ZEROS | {"size": forgeries.octal(size, 12)} | numbers
    return forgeries.tar_block(name, kind=kind, prefix=prefix, numbers=fields)


ZEROS = {field: forgeries.octal(0, width) for field, (_, width) in forgeries.TAR_FIELDS.items()}
PAX_NOTE = forgeries.pax_record(b"comment", b"x")
PAX_SLASH = forgeries.pax_record(b"path", b"package/lib/")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        # Python ends the archive at such a header, and says nothing
        (block(b"package/a.js") + block(b"package/b.js", major=b"0x1"), "damaged"),
        (block(b"package/a.js") + block(b"package/b.js", minor=b"1_8"), "damaged"),
        # a folder to GNU tar, an empty file to Python
        (block(b"package/a.js") + block(b"package/lib/"), "header-mismatch"),
        (block(b"package/a.js") + block(b"package/lib/."), "header-mismatch"),
        (
            block(b"ext", kind=b"x", size=len(PAX_SLASH)) + PAX_SLASH.ljust(512, b"\x00") + block(b"x", kind=b"\x00"),
            "header-mismatch",
        ),
        # no name but a prefix
        (block(b"", prefix=b"package"), "header-mismatch"),
        # Python waits for the entry it speaks of
        (
            block(b"package/a.js") + block(b"ext", kind=b"g", size=len(PAX_NOTE)) + PAX_NOTE.ljust(512, b"\x00"),
            "truncated",
        ),
        # npm leaves the file out, and says nothing
        (forgeries.tar_block(b"p/a.js", numbers=ZEROS, behind=[(157, b"x")]), "header-mismatch"),
        (forgeries.tar_block(b"p/a.js", numbers=ZEROS, behind=[(158, b"\n")]), "header-mismatch"),
        (block(b"package/a.js", mode=b"\x80" + b"\xff" * 7), "damaged"),
        (block(b"package/a.js", uid=b"\x80" + b"\xff" * 7), "damaged"),
        (block(b"package/a.js", mtime=b"\xff\x00" + bytes(10)), "damaged"),
        (forgeries.tar_block(b"p/a.js", numbers=ZEROS, behind=[(476, b"\x80" + b"\xff" * 11)]), "damaged"),
        # a number behind the end of the number
        (block(b"package/a.js", mode=b"\x000644\x00"), "damaged"),
        (block(b"package/a.js", size=3, uid=b"0\x007") + b"abc".ljust(512, b"\x00"), "damaged"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_refuses_tars_that_readers_disagree_about(open_archive, raw, code, pack):
    assert open_archive.refused(pack(raw + bytes(1024))) == code


@pytest.mark.parametrize(
    "raw",
    [
        b"(\xb5/\xfd\x04\x00\x01\x00\x00",
        b"]\x00\x00\x80\x00" + b"\xff" * 8,
        b'\x04"M\x18dp',
        b"7z\xbc\xaf'\x1c\x00\x04",
        b"Rar!\x1a\x07\x01\x00",
        b"\x1f\x9d\x90",
        b"LZIP\x01",
        b"!<arch>\n",
        b"070701",
    ],
)
def test_names_what_is_taken_where_another_compression_comes(tmp_path, raw):
    artifact = tmp_path / "artifact"
    artifact.write_bytes(raw + bytes(600))

    with pytest.raises(readings.ArchiveRefused, match=r"zip, whl, tar, tar\.gz"):
        readings.unpack(artifact, tmp_path / "tree")
