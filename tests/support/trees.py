"""Merkle trees as RFC 6962 defines them, by halves: slow, and another way than the code that is tested."""

import base64
import hashlib

from certification.verify.envelope import encode_base64
from certification.verify.notes import NoteKey


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def parent(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _middle(leaves):
    return 1 << (len(leaves) - 1).bit_length() - 1


def root_of(leaves):
    """Root of the tree over these entries."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    return parent(root_of(leaves[: _middle(leaves)]), root_of(leaves[_middle(leaves) :]))


def path_of(leaves, index):
    """Inclusion path of an entry: from its sibling to the child of the root."""
    if len(leaves) == 1:
        return []
    middle = _middle(leaves)
    if index < middle:
        return [*path_of(leaves[:middle], index), root_of(leaves[middle:])]
    return [*path_of(leaves[middle:], index - middle), root_of(leaves[:middle])]


def b64(data):
    return base64.b64encode(data).decode()


def signed_note(text, name, *signers):
    """A C2SP note of this text under this name."""
    lines = [f"— {name} {b64(NoteKey(name, signer.public).keyid + signer.sign(text.encode()))}\n" for signer in signers]
    return f"{text}\n{''.join(lines)}"


def checkpoint(origin, leaves, *signers):
    """A signed checkpoint of the tree over these entries."""
    return signed_note(f"{origin}\n{len(leaves)}\n{encode_base64(root_of(leaves))}\n", origin, *signers)


def tlog_proof(index, hashes, checkpoint, *, extra=""):
    """A tlog-proof file."""
    lines = "".join(f"{b64(each)}\n" for each in hashes)
    return f"c2sp.org/tlog-proof@v1\n{extra}index {index}\n{lines}\n{checkpoint}".encode()
