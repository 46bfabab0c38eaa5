"""What certification tells those above the sender; the sender names nobody."""

from __future__ import annotations

from django.dispatch import Signal

trust_root_published = Signal()
"""A trust root was put in force and told to the ledger. No arguments. Sent after that."""
