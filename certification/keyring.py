"""The keys this installation signs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from certification.attest.keys import ensure_keys

if TYPE_CHECKING:
    from certification.attest.keys import KeyRing


def keys() -> KeyRing:
    """The keys of this installation: the demo's in demo mode, and never the demo's outside of it.

    Raises KeysRefusedError where they cannot be used.
    """
    return ensure_keys(settings.KEYS_DIR, demo=settings.DEMO, now=timezone.now())


def trust_root_bytes() -> bytes:
    """The signed trust root, as users of the verifier are given it. Raises KeysRefusedError."""
    return keys().trust_root_bytes
