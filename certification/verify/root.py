"""The trust root: which keys may certify, for how long, and in whose name. The one file a user has to trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .canonical import parse_canonical, require_canonical
from .envelope import PUBLIC_SIZE, Envelope, check_signatures, decode_base64, keyid_of, read_envelope
from .errors import ProblemError
from .fields import as_list, closed, digest, moment, number, one_of, stamp, text
from .names import ALGORITHM, TRUST_ROOT_PAYLOAD, Environment, KeyStatus, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WHAT = "the trust root"
MEMBERS = ("version", "issued", "expires", "environment", "verifierId", "rootKeys", "threshold", "keys")
ROOT_KEY_MEMBERS = ("keyid", "algorithm", "public")
KEY_MEMBERS = (*ROOT_KEY_MEMBERS, "role", "validFrom", "validTo", "status")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of the trust root and what it may be used for."""

    public: bytes
    role: Role
    valid_from: datetime
    valid_to: datetime
    status: KeyStatus


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """A trust root document."""

    version: int
    issued: datetime
    expires: datetime
    environment: Environment
    verifier_id: str
    root_keys: Mapping[str, bytes]
    threshold: int
    keys: Mapping[str, TrustedKey]


def read_anchor(data: bytes, document: object, *, at: datetime) -> TrustRoot:
    """Read and check the trust root the user named; `document` is what `data` was parsed to.

    It must be canonical, signed by its own root keys, and `at` must lie within its time. Raises ProblemError.
    """
    require_canonical(data, document)
    envelope = read_envelope(document, payload_type=TRUST_ROOT_PAYLOAD, what=WHAT)
    root = read_root(envelope)
    check_signatures(envelope, keys=root.root_keys, threshold=root.threshold, what=WHAT)
    if at < root.issued:
        raise ProblemError(f"the trust root is not valid before {stamp(root.issued)}")
    if at >= root.expires:
        raise ProblemError(f"the trust root expired at {stamp(root.expires)}")
    return root


def read_root(envelope: Envelope) -> TrustRoot:
    """Read the document inside an envelope, proving only its form. Raises ProblemError."""
    members = closed(parse_canonical(envelope.payload), MEMBERS, WHAT)
    root_keys = _root_keys(members)
    root = TrustRoot(
        version=number(members, "version"),
        issued=moment(members, "issued"),
        expires=moment(members, "expires"),
        environment=Environment(one_of(members, "environment", Environment)),
        verifier_id=text(members, "verifierId"),
        root_keys=root_keys,
        threshold=number(members, "threshold"),
        keys=_keys(members, root_keys),
    )
    if root.version < 1 or not 1 <= root.threshold <= len(root.root_keys):
        raise ProblemError("the version or the threshold of the trust root is out of range")
    return root


def _root_keys(members: dict[str, object]) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in as_list(members, "rootKeys"):
        keyid, public = _public(closed(entry, ROOT_KEY_MEMBERS, "a root key"))
        if keyid in keys:
            raise ProblemError("the trust root names a root key twice")
        keys[keyid] = public
    return keys


def _keys(members: dict[str, object], root_keys: Mapping[str, bytes]) -> dict[str, TrustedKey]:
    keys: dict[str, TrustedKey] = {}
    for entry in as_list(members, "keys"):
        key = closed(entry, KEY_MEMBERS, "a key of the trust root")
        keyid, public = _public(key)
        if keyid in keys or keyid in root_keys:
            raise ProblemError("the trust root names a key twice")
        keys[keyid] = TrustedKey(
            public=public,
            role=Role(one_of(key, "role", Role)),
            valid_from=moment(key, "validFrom"),
            valid_to=moment(key, "validTo"),
            status=KeyStatus(one_of(key, "status", KeyStatus)),
        )
    return keys


def _public(key: dict[str, object]) -> tuple[str, bytes]:
    """Give keyid and raw public key; the one must be the digest of the other."""
    one_of(key, "algorithm", (ALGORITHM,))
    public = decode_base64(text(key, "public"), "a public key")
    if len(public) != PUBLIC_SIZE:
        raise ProblemError("a public key of the trust root has the wrong length")
    if digest(key, "keyid") != keyid_of(public):
        raise ProblemError("a keyid of the trust root is not the SHA-256 of its public key")
    return keyid_of(public), public
