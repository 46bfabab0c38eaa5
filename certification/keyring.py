"""The keys this installation signs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from certification.attest.keys import KeysRefusedError, ensure_keys
from certification.verify.names import Role
from governance.ledger.errors import NoSigner
from governance.ledger.signing import LogKey
from governance.ledger.tlog.notes import VerifierKey

if TYPE_CHECKING:
    from certification.attest.dsse import SigningKey
    from certification.attest.keys import KeyRing


def keys() -> KeyRing:
    """The keys of this installation: the demo's in demo mode, and never the demo's outside of it.

    Raises KeysRefusedError where they cannot be used.
    """
    return ensure_keys(settings.KEYS_DIR, demo=settings.DEMO, now=timezone.now())


@dataclass(frozen=True, slots=True)
class LogSigner:
    """The log key as the ledger asks for it: under the name of the log."""

    name: str
    key: SigningKey

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self.key.public

    def sign(self, message: bytes) -> bytes:
        """Sign the text of a checkpoint: 64 bytes."""
        return self.key.sign(message)


def log_signer() -> LogSigner:
    """Who signs checkpoints now. Raises NoSigner where the keys cannot be used."""
    try:
        ring = keys()
    except KeysRefusedError as refusal:
        raise NoSigner(str(refusal)) from refusal
    return LogSigner(ring.log_origin, ring.log)


def log_keys() -> list[LogKey]:
    """The log keys of the trust root in force, which lists those of before with their time. Raises NoSigner."""
    try:
        root = keys().trust_root
    except KeysRefusedError as refusal:
        raise NoSigner(str(refusal)) from refusal
    return [
        LogKey(VerifierKey(root.log_origin, key.public), begin=key.valid_from, end=key.valid_to, cutoff=key.log_cutoff)
        for key in root.keys.values()
        if key.role is Role.LOG
    ]


def trust_root_bytes() -> bytes:
    """The signed trust root, as users of the verifier are given it. Raises KeysRefusedError."""
    return keys().trust_root_bytes
