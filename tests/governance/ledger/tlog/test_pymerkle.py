"""A second opinion on the tree: pymerkle, which somebody else wrote, has the same roots and proofs for random sizes."""

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.tlog import merkle
from tests.governance.ledger.tlog.test_merkle import SIZES, data_of


def theirs_and_ours(size):
    """Their tree of so many leaves, and a reader of complete subtrees that hashes nothing with our code but pairs."""
    tree = pymerkle.InmemoryTree.init_from_entries(data_of(size), algorithm="sha256")
    hashes = [merkle.leaf_hash(leaf) for leaf in data_of(size)]
    return tree, lambda level, index: merkle.complete_root(hashes[index << level : (index + 1) << level])


@given(size=SIZES)
def test_roots_are_the_same(size):
    tree, read = theirs_and_ours(size)
    edge = merkle.Frontier()
    for leaf in data_of(size):
        edge.append(merkle.leaf_hash(leaf))

    assert merkle.root(size, read) == edge.root() == tree.get_root(size)


@given(size=SIZES, data=st.data())
def test_inclusion_proofs_are_the_same_and_each_accepts_the_others(size, data):
    index, now = data.draw(st.integers(0, size - 1)), size + data.draw(st.integers(0, 50))
    tree, read = theirs_and_ours(now)

    theirs = tree.prove_inclusion(index + 1, size)  # they count leaves from 1
    leaf, *path = theirs.path  # and theirs begins with the leaf itself

    assert merkle.inclusion_proof(index, size, read) == path
    root = tree.get_root(size)
    assert merkle.verify_inclusion(index=index, size=size, leaf=leaf, proof=path, root=root)
    pymerkle.verify_inclusion(merkle.leaf_hash(data_of(size)[index]), merkle.root(size, read), theirs)


@given(second=SIZES, data=st.data())
def test_consistency_proofs_hold_for_the_others_roots(second, data):
    """Theirs lists other subtrees than RFC 6962's, so the proofs are compared by what they prove."""
    first = data.draw(st.integers(1, second))
    tree, read = theirs_and_ours(second)
    ours, theirs = merkle.consistency_proof(first, second, read), tree.prove_consistency(first, second)
    their_roots, our_roots = (
        [tree.get_root(size) for size in (first, second)],
        [merkle.root(first, read), merkle.root(second, read)],
    )

    assert merkle.verify_consistency(
        first=first, second=second, first_root=their_roots[0], second_root=their_roots[1], proof=ours
    )
    pymerkle.verify_consistency(*our_roots, theirs)
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_consistency(our_roots[0], b"another root", theirs)
