"""Fetching a file: whole and within bounds, or not at all and in one sentence."""

import io

import pytest

from plugins.downloads import MIB, DownloadLimits, DownloadRefused, download
from tests.support.answers import Answer, elsewhere, server

SMALL = DownloadLimits(size=MIB, silence=0.5, total=1.0)


def fetched(answers, path="/file", limits=SMALL):
    file = io.BytesIO()
    with server(answers) as (base, _asked):
        download(f"{base}{path}", file, limits)
    return file.getvalue()


@pytest.mark.parametrize("length", [None, -1])
def test_a_file_comes_as_it_is(length):
    assert fetched({"/file": Answer(b"abc", b"def", length=length)}) == b"abcdef"


def test_a_redirect_within_this_machine_is_followed():
    assert fetched({"/file": elsewhere("/other"), "/other": Answer(b"x")}) == b"x"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(b"x", status=404), "cannot be fetched: HTTP 404."),
        (Answer(b"x", status=500), "cannot be fetched: HTTP 500."),
        (Answer(status=204), "answers 204, not with a file."),
        (Answer(b"x" * 10, length=2 * MIB), "is larger than 1 MiB."),
        (Answer(*[b"x" * (MIB // 4)] * 8, length=-1), "is larger than 1 MiB."),
        (Answer(b"x" * 10, length=20), "broke off after 10 of 20 bytes."),
        (Answer(*[b"x"] * 100, length=-1, pause=0.1), "did not come within 1 seconds."),
        (Answer(b"", b"x", length=1, pause=2.0), "cannot be fetched: timed out."),
        (elsewhere("http://mirror.example/file"), "leads to an address without encryption, which is not followed."),
        (elsewhere("ftp://127.0.0.1/file"), "leads to an address without encryption, which is not followed."),
        (elsewhere("file:///etc/passwd"), "cannot be fetched: HTTP 302."),
        (elsewhere("/file"), "cannot be fetched: HTTP 302."),
        (Answer(b"ff\r\nabc", length=-1, headers=[("Transfer-Encoding", "chunked")]), "cannot be fetched:"),
    ],
)
def test_what_breaks_a_rule_is_refused_in_a_sentence(answer, says):
    with pytest.raises(DownloadRefused) as refusal:
        fetched({"/file": answer})

    assert says in str(refusal.value)
    assert str(refusal.value).startswith("http://127.0.0.1:")
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1.example/x", "", "http://["],
)
def test_only_encrypted_addresses_are_asked(url):
    with pytest.raises(DownloadRefused):
        download(url, io.BytesIO(), SMALL)


def test_nobody_there_is_said():
    with server({}) as (base, _asked):
        pass
    with pytest.raises(DownloadRefused, match="Connection refused"):
        download(f"{base}/file", io.BytesIO(), SMALL)
