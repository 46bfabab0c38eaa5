"""Who signs checkpoints. The apps above own the keys: they register where to get the signer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.ledger.errors import NoSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.ledger.tlog.notes import NoteSigner

_providers: list[Callable[[], NoteSigner]] = []


def use(provider: Callable[[], NoteSigner]) -> None:
    """Take the signer from `provider`, which is asked anew each time: keys rotate. The last one registered counts."""
    _providers[:] = [provider]


def signer() -> NoteSigner:
    """The key that signs checkpoints now.

    Raises:
        NoSigner: no app has registered one.
    """
    if not _providers:
        raise NoSigner("No key is there to sign checkpoints with.")
    return _providers[0]()
