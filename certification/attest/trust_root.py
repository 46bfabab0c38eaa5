"""Write the trust root: the document that says which keys may sign what, signed by root keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical
from certification.verify.envelope import encode_base64, keyid_of
from certification.verify.fields import stamp
from certification.verify.names import ALGORITHM, TRUST_ROOT_PAYLOAD, Environment, KeyStatus, Role
from certification.verify.root import TrustedKey, TrustRoot

from .dsse import sign_envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .dsse import SigningKey

HEAD_START = timedelta(minutes=5)
"""How far keys are dated back, so that clocks a little behind (the other process, a verifier's host) accept them."""
LIFETIME = timedelta(days=5 * 365)
"""How long a trust root and its keys last; rotation makes new ones before."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key the trust root is to name."""

    public: bytes
    valid_from: datetime
    valid_to: datetime
    role: Role = Role.CERTIFIER
    status: KeyStatus = KeyStatus.ACTIVE
    log_cutoff: int | None = None


def verifier_id(*, environment: Environment, root_public: bytes) -> str:
    """Give the URI an installation certifies under. It holds part of the first root keyid, so no two share one."""
    return f"https://plugwarden.org/verifiers/{environment}/{keyid_of(root_public)[:16]}"


def log_origin(*, environment: Environment, root_public: bytes) -> str:
    """Give the name of an installation's log: a URL without schema, as C2SP's tlog-checkpoint wants it."""
    return f"plugwarden.org/logs/{environment}/{keyid_of(root_public)[:16]}"


def build_trust_root(
    *,
    root: SigningKey,
    keys: Sequence[KeyEntry],
    environment: Environment,
    issued: datetime,
    expires: datetime,
    version: int = 1,
) -> bytes:
    """Make and sign a trust root with one root key; gives the envelope as canonical JSON."""
    document = TrustRoot(
        version=version,
        issued=issued,
        expires=expires,
        environment=environment,
        verifier_id=verifier_id(environment=environment, root_public=root.public),
        log_origin=log_origin(environment=environment, root_public=root.public),
        root_keys={root.keyid: root.public},
        threshold=1,
        keys={
            keyid_of(key.public): TrustedKey(
                key.public, key.role, key.valid_from, key.valid_to, key.status, key.log_cutoff
            )
            for key in keys
        },
    )
    return sign_envelope(payload=trust_root_payload(document), payload_type=TRUST_ROOT_PAYLOAD, signer=root)


def trust_root_payload(root: TrustRoot) -> bytes:
    """Write a trust root as canonical JSON, the payload of its envelope; keys are listed in their order."""
    return canonical(
        {
            "version": root.version,
            "issued": stamp(root.issued),
            "expires": stamp(root.expires),
            "environment": str(root.environment),
            "verifierId": root.verifier_id,
            "logOrigin": root.log_origin,
            "rootKeys": _public_parts(root.root_keys),
            "threshold": root.threshold,
            "formerRootKeys": _public_parts(root.former_root_keys),
            "keys": [_entry(key) for key in root.keys.values()],
        }
    )


def _public_parts(keys: Mapping[str, bytes]) -> list[dict[str, str]]:
    return [_public_part(public) for public in keys.values()]


def _public_part(public: bytes) -> dict[str, str]:
    return {"keyid": keyid_of(public), "algorithm": ALGORITHM, "public": encode_base64(public)}


def _entry(key: TrustedKey) -> dict[str, str | int | None]:
    return {
        **_public_part(key.public),
        "role": str(key.role),
        "validFrom": stamp(key.valid_from),
        "validTo": stamp(key.valid_to),
        "status": str(key.status),
        "logCutoff": key.log_cutoff,
    }
