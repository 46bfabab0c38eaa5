"""Write the trust root: the document that says which keys may certify, signed by the root key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64, keyid_of
from certification.verify.fields import stamp
from certification.verify.names import ALGORITHM, TRUST_ROOT_PAYLOAD, Environment, KeyStatus, Role

from .dsse import sign_envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .dsse import Signer


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key the trust root is to name."""

    public: bytes
    valid_from: datetime
    valid_to: datetime
    role: Role = Role.CERTIFIER
    status: KeyStatus = KeyStatus.ACTIVE


def verifier_id(*, environment: Environment, root_public: bytes) -> str:
    """Give the URI an installation certifies under. It holds part of the root keyid, so no two share one."""
    return f"https://plugwarden.org/verifiers/{environment}/{keyid_of(root_public)[:16]}"


def build_trust_root(
    *,
    root: Signer,
    keys: Sequence[KeyEntry],
    environment: Environment,
    issued: datetime,
    expires: datetime,
    version: int = 1,
) -> bytes:
    """Make and sign a trust root document; gives the envelope as canonical JSON."""
    document = {
        "version": version,
        "issued": stamp(issued),
        "expires": stamp(expires),
        "environment": str(environment),
        "verifierId": verifier_id(environment=environment, root_public=root.public),
        "rootKeys": [_public_part(root.public)],
        "threshold": 1,
        "keys": [_entry(key) for key in keys],
    }
    return sign_envelope(payload=canonical(document), payload_type=TRUST_ROOT_PAYLOAD, signer=root)


def _public_part(public: bytes) -> dict[str, str]:
    return {"keyid": keyid_of(public), "algorithm": ALGORITHM, "public": encode_base64(public)}


def _entry(key: KeyEntry) -> dict[str, str]:
    return {
        **_public_part(key.public),
        "role": str(key.role),
        "validFrom": stamp(key.valid_from),
        "validTo": stamp(key.valid_to),
        "status": str(key.status),
    }
