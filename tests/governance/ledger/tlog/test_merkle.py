"""The tree against RFC 6962: known roots, and an oracle that is the RFC's recursion word by word."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.tlog import merkle

LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The eight leaves and roots that Certificate Transparency's implementations test with."""
SIZES = st.integers(1, 600)


def rfc_root(leaves):
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + rfc_root(leaves[:k]) + rfc_root(leaves[k:])).digest()


def rfc_path(m, leaves):
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*rfc_path(m, leaves[:k]), rfc_root(leaves[k:])]
    return [*rfc_path(m - k, leaves[k:]), rfc_root(leaves[:k])]


def data_of(size):
    return [f"leaf {number}".encode() for number in range(size)]


def reader(leaves):
    """Gives complete subtrees, computed by the recursion."""

    def read(level, index):
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return rfc_root(part)

    return read


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_everyone_has(size):
    edge = merkle.Frontier()
    for leaf in LEAVES[:size]:
        edge.append(merkle.leaf_hash(leaf))

    assert edge.root().hex() == ROOTS[size - 1]
    assert merkle.root(size, reader(LEAVES)).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root(0, reader([])) == merkle.Frontier().root() == sha256(b"").digest()


@given(size=SIZES, data=st.data())
def test_inclusion_proofs_are_the_rfcs_and_verify(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = data_of(size)

    proof = merkle.inclusion_proof(index, size, reader(leaves))

    assert proof == rfc_path(index, leaves)
    assert merkle.verify_inclusion(
        index=index, size=size, leaf=merkle.leaf_hash(leaves[index]), proof=proof, root=rfc_root(leaves)
    )


@given(second=SIZES, data=st.data())
def test_consistency_proofs_verify_and_prove_nothing_else(second, data):
    first = data.draw(st.integers(1, second))
    leaves = data_of(second)
    roots = {"first_root": rfc_root(leaves[:first]), "second_root": rfc_root(leaves)}

    proof = merkle.consistency_proof(first, second, reader(leaves))

    assert merkle.verify_consistency(first=first, second=second, proof=proof, **roots)
    for name in roots:
        other = {**roots, name: rfc_root([*leaves[:-1], b"another"])}
        if other != roots:
            assert not merkle.verify_consistency(first=first, second=second, proof=proof, **other)


@given(size=st.integers(2, 300), data=st.data())
def test_a_proof_with_any_change_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves = data_of(size)
    proof = merkle.inclusion_proof(index, size, reader(leaves))
    there = {"index": index, "size": size, "leaf": merkle.leaf_hash(leaves[index]), "root": rfc_root(leaves)}
    place = data.draw(st.integers(0, len(proof) - 1))
    bent = [*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :]]
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))

    assert not merkle.verify_inclusion(**there, proof=bent)
    assert not merkle.verify_inclusion(**there, proof=proof[:-1])
    assert not merkle.verify_inclusion(**there, proof=[*proof, proof[0]])
    assert not merkle.verify_inclusion(**{**there, "index": other}, proof=proof)
    assert not merkle.verify_inclusion(**{**there, "index": size}, proof=proof)
    assert not merkle.verify_inclusion(**{**there, "leaf": merkle.leaf_hash(b"another")}, proof=proof)


def test_nonsense_is_no_proof_and_no_endless_loop():
    nothing = {"first_root": b"", "second_root": b"", "proof": []}

    assert not merkle.verify_consistency(first=3, second=2, **nothing)
    assert not merkle.verify_consistency(first=-1, second=2, **nothing)
    assert not merkle.verify_consistency(first=0, second=2, **nothing)
    assert not merkle.verify_consistency(first=3, second=9, **nothing)
    with pytest.raises(ValueError, match="no leaf 3"):
        merkle.inclusion_proof(3, 3, reader([]))
    with pytest.raises(ValueError, match="does not extend"):
        merkle.consistency_proof(4, 3, reader([]))
