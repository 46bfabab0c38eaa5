"""Who signs checkpoints, and who did before. The apps above own the keys: they register where to get them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.ledger.errors import NoSigner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from governance.ledger.tlog.notes import NoteSigner, VerifierKey


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signs checkpoints, or did."""

    key: VerifierKey
    begin: datetime | None = None
    end: datetime | None = None
    """It may sign from `begin` on and before `end`; None is no bound."""
    cutoff: int | None = None
    """Of a compromised key: only checkpoints of at most this many events count."""

    def objection(self, *, at: datetime, size: int) -> str:
        """Why what it signed at this time does not count; empty where it does."""
        if self.cutoff is not None and size > self.cutoff:
            return f"it was signed by a compromised key, which counts up to {self.cutoff} events"
        if (self.begin is not None and at < self.begin) or (self.end is not None and at >= self.end):
            return "it was signed by a key that was not in force then"
        return ""


_providers: list[Callable[[], NoteSigner]] = []
_known: list[Callable[[], Collection[LogKey]]] = []


def use(provider: Callable[[], NoteSigner], known_keys: Callable[[], Collection[LogKey]]) -> None:
    """Take the signer and the log's keys, those of before too, from these. The last ones registered count.

    Both are asked anew each time, since keys rotate; both raise NoSigner where the keys cannot be used.
    """
    _providers[:] = [provider]
    _known[:] = [known_keys]


def signer() -> NoteSigner:
    """The key that signs checkpoints now.

    Raises:
        NoSigner: no app has registered one.
    """
    if not _providers:
        raise NoSigner("No key is there to sign checkpoints with.")
    return _providers[0]()


def known_keys() -> Collection[LogKey]:
    """Every key that checkpoints of this log may be signed with, for its time.

    Raises:
        NoSigner: no app has registered any.
    """
    if not _known:
        raise NoSigner("No key is there to verify checkpoints with.")
    return _known[0]()
