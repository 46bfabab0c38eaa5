"""The keys this installation signs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from certification.attest.keys import KeysRefusedError, ensure_keys
from certification.verify.names import Environment, Role
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


def environment() -> Environment:
    """Which of the two sets of keys this installation uses."""
    return Environment.DEMO if settings.DEMO else Environment.PRODUCTION


def are_made() -> bool:
    """Whether there is a key folder; looking makes none."""
    return (settings.KEYS_DIR / environment()).exists()


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
        """Sign the text of a checkpoint: 64 bytes. Raises NoSigner where the key service does not."""
        try:
            return self.key.sign(message)
        except KeysRefusedError as refusal:
            raise NoSigner(str(refusal)) from refusal


def log_signer() -> LogSigner:
    """Who signs checkpoints now. Raises NoSigner where the keys cannot be used."""
    ring = _made()
    return LogSigner(ring.log_origin, ring.log)


def log_keys() -> list[LogKey]:
    """The log keys of the trust root in force, which lists those of before with their time. Raises NoSigner."""
    root = _made().trust_root
    return [
        LogKey(VerifierKey(root.log_origin, key.public), begin=key.valid_from, end=key.valid_to, cutoff=key.log_cutoff)
        for key in root.keys.values()
        if key.role is Role.LOG
    ]


def _made() -> KeyRing:
    """The keys, once there are any. The ledger makes none: new ones would be of another log, and hide the old one's.

    Raises NoSigner where there are none or they cannot be used.
    """
    try:
        if are_made():
            return keys()
    except KeysRefusedError as refusal:
        raise NoSigner(str(refusal)) from refusal
    raise NoSigner(
        f"There are no keys in {settings.KEYS_DIR}. Bring them back; in a new portal, manage.py prepare makes them."
    )


def trust_root_bytes() -> bytes:
    """The signed trust root, as users of the verifier are given it. Raises KeysRefusedError."""
    return keys().trust_root_bytes
