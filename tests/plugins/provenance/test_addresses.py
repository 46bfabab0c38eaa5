"""One repository, many ways of writing it."""

import pytest

from plugins.provenance.addresses import normal, ref_of

SAME = "https://github.com/acme/nodes"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/nodes",
        "https://github.com/Acme/Nodes.git",
        "git+https://github.com/acme/nodes.git",
        "git+https://github.com/acme/nodes@refs/tags/v1.4.0",
        "git+https://github.com/acme/nodes@v1.4.0",
        "git://github.com/acme/nodes.git",
        "git+ssh://git@github.com/acme/nodes.git",
        "git@github.com:acme/nodes.git",
        "ssh://git@github.com/acme/nodes",
        "http://www.github.com/acme/nodes/",
        "https://user:secret@github.com/acme/nodes",
        "https://github.com/acme/nodes/tree/main/packages/one",
        "https://github.com/acme/nodes#readme",
        "github:acme/nodes",
        "acme/nodes",
    ],
)
def test_ways_of_writing_one_repository_are_equal(address):
    assert normal(address) == SAME


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/acme/nodes-evil",
        "https://github.com.evil.example/acme/nodes",
        "https://gitlab.com/acme/nodes",
        "https://github.com/evil/acme/nodes",
        "https://evil.example/github.com/acme/nodes",
        "https://github.com@evil.example/acme/nodes",
    ],
)
def test_other_repositories_stay_other(address):
    assert normal(address) not in {"", SAME}


@pytest.mark.parametrize(
    "address", ["", "nodes", "file:///etc/passwd", "https://", "https://github.com/", "https://[", "javascript:x/y"]
)
def test_what_names_no_repository_is_none(address):
    assert normal(address) == ""


def test_case_counts_where_the_site_says_so():
    assert normal("https://git.acme.example/Team/Nodes/-/tree/main") == "https://git.acme.example/Team/Nodes"
    assert normal("https://git.acme.example/@team/nodes") == "https://git.acme.example/@team/nodes"


def test_ref_is_what_follows_the_address():
    assert ref_of("git+https://github.com/acme/nodes@refs/heads/main") == "refs/heads/main"
    assert ref_of("git+https://github.com/acme/nodes") == ""
