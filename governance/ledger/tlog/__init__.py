"""What transparency logs have in common, without Django and without our data.

The Merkle tree of RFC 6962, and C2SP's texts around it: signed notes, checkpoints, cosignatures, proofs, tiles.
"""
