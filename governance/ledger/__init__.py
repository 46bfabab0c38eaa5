"""The tamper-evident log. For now an append-only table; tree, checkpoints and proofs grow here."""

from governance.ledger.append import record

__all__ = ["record"]
