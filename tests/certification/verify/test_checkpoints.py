"""Checkpoints and inclusion proofs are read as C2SP says and verified as RFC 9162 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.verify.checkpoints import check_inclusion, read_checkpoint, read_proof
from certification.verify.errors import ProblemError
from tests.support.trees import b64, path_of, root_of, tlog_proof

SIGNED = "— example.com/log AAAAAAAA\n"
# github.com/google/certificate-transparency, its reference data: eight leaves, and the roots of the trees of 1 to 8
LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def written(index, hashes, *, size, root, extra=""):
    return tlog_proof(index, hashes, f"example.com/log\n{size}\n{b64(root)}\n\n{SIGNED}", extra=extra)


def proof(leaves, index, **more):
    return written(index, path_of(leaves, index), size=len(leaves), root=root_of(leaves), **more)


def test_the_published_roots_come_out():
    assert [root_of(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


@pytest.mark.parametrize("size", range(1, 9))
def test_every_published_leaf_is_found_under_its_root_and_no_other_is(size):
    for index, leaf in enumerate(LEAVES[:size]):
        found = read_proof(proof(LEAVES[:size], index))
        check_inclusion(leaf, found)
        for other in LEAVES:
            if other != leaf:
                with pytest.raises(ProblemError):
                    check_inclusion(other, found)


@given(size=st.integers(1, 70), place=st.integers(0, 10**6))
def test_every_leaf_of_any_tree_is_found(size, place):
    leaves = [str(number).encode() for number in range(size)]
    index = place % size

    check_inclusion(leaves[index], read_proof(proof(leaves, index)))


@given(size=st.integers(2, 70), place=st.integers(0, 10**6), shift=st.integers(1, 10**6))
def test_no_leaf_is_found_at_another_index(size, place, shift):
    leaves = [str(number).encode() for number in range(size)]
    index, other = place % size, (place + shift) % size
    moved = written(other, path_of(leaves, index), size=size, root=root_of(leaves))

    if other != index:
        with pytest.raises(ProblemError):
            check_inclusion(leaves[index], read_proof(moved))


@pytest.mark.parametrize(
    ("index", "hashes", "size", "words"),
    [
        (8, 3, 8, "beyond the checkpoint"),
        (0, 0, 0, "beyond the checkpoint"),
        (3, 2, 8, "shorter than the tree"),
        (3, 4, 8, "longer than the tree"),
        (0, 1, 1, "longer than the tree"),
    ],
)
def test_a_proof_of_the_wrong_size_is_refused(index, hashes, size, words):
    true = path_of(LEAVES, 3)[:hashes] + [bytes(32)] * max(0, hashes - 3)

    with pytest.raises(ProblemError, match=words):
        check_inclusion(LEAVES[3], read_proof(written(index, true, size=size, root=root_of(LEAVES))))


def test_a_proof_gives_what_it_holds():
    found = read_proof(proof(LEAVES, 5, extra=f"extra {b64(b'more')}\n"))

    assert (found.index, found.extra, len(found.path)) == (5, b"more", 3)
    assert (found.checkpoint.origin, found.checkpoint.size) == ("example.com/log", 8)
    assert found.checkpoint.root.hex() == ROOTS[-1]


def test_a_checkpoint_may_have_more_lines():
    found = read_checkpoint(f"origin\n0\n{b64(bytes(32))}\nmore\n\n{SIGNED}".encode())

    assert (found.size, found.extensions) == (0, ("more",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2"),
        (b"index 5\n", b""),
        (b"index 5", b"index  5"),
        (b"index 5", b"index 05"),
        (b"index 5", b"index +5"),
        (b"index 5", b"index -5"),
        (b"index 5", "index ٥".encode()),
        (b"index 5", b"index 99999999999999999999"),
        (b"index 5", b"extra !!!!\nindex 5"),
        (b"index 5", b"extra AA==\nextra AA==\nindex 5"),
        (b"index 5\n", b"index 5\nAAAA\n"),
        (b"index 5\n", b"index 5\n" + f"{b64(bytes(32))}\n".encode() * 64),
        (b"index 5\n", b"index 5\n\n"),
        (b"\n8\n", b"\n08\n"),
        (b"\n8\n", b"\n8 \n"),
        (b"\n8\n", b"\n\n"),
        (b"\n8\n", b"\neight\n"),
        (b"example.com/log\n8", b"8"),
        (b"example.com/log\n8", b"\n8"),
        ("\n\n—".encode(), "\nAAAA\n\n\n—".encode()),
    ],
)
def test_what_is_no_proof_is_refused(old, new):
    data = proof(LEAVES, 5)

    assert data.count(old) >= 1
    with pytest.raises(ProblemError):
        read_proof(data.replace(old, new, 1))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v1\n\n", b"\xff\n\n"])
def test_what_is_nothing_like_a_proof_is_refused(data):
    with pytest.raises(ProblemError):
        read_proof(data)
