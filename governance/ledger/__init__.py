"""The tamper-evident log: events written with what they tell of, a Merkle tree over them, signed checkpoints, proofs.

Others use what is named here; docs/ledger.md says what stands in the log and how an outsider checks it.
"""

from governance.ledger.append import record
from governance.ledger.checkpoints import entry_bytes, latest_checkpoint, make_checkpoint, note_of, origin, proof
from governance.ledger.errors import LedgerError
from governance.ledger.sequencer import reserve_index, sequence

__all__ = [
    "LedgerError",
    "entry_bytes",
    "latest_checkpoint",
    "make_checkpoint",
    "note_of",
    "origin",
    "proof",
    "record",
    "reserve_index",
    "sequence",
]
