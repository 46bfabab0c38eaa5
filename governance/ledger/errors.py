"""What the ledger refuses; the text of each is one sentence for people."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger refuses: base of all below."""


class EventRefused(LedgerError):
    """An event cannot be a leaf: it is too large, or not plain JSON."""


class WrongIndex(LedgerError):
    """An event was to get an index that is not the next one."""


class NotInTree(LedgerError):
    """There is no leaf of that index, or no tree of that size."""


class NoSigner(LedgerError):
    """Nobody has registered a key to sign checkpoints with."""


class LogForked(LedgerError):
    """The tree is not an extension of a checkpoint that was signed before: nothing more is signed."""


class OutsideUnusable(LedgerError):
    """The checkpoint kept outside the database cannot be read or written."""


class CosignatureRefused(LedgerError):
    """What was handed in is no signature of a configured witness over a checkpoint of ours."""
