"""The trust root: which keys may sign what, for how long, and in whose name. The one file a user has to trust.

A newer trust root is believed on the word of the one before it: see `follow`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .canonical import parse, parse_canonical, require_canonical
from .envelope import (
    MOST_SIGNATURES,
    PUBLIC_SIZE,
    Envelope,
    check_signatures,
    decode_base64,
    keyid_of,
    read_envelope,
)
from .errors import ProblemError
from .fields import as_list, closed, digest, moment, number, one_of, stamp, text
from .names import ALGORITHM, TRUST_ROOT_PAYLOAD, Environment, KeyStatus, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

WHAT = "the trust root"
MEMBERS = (
    "version",
    "issued",
    "expires",
    "environment",
    "verifierId",
    "logOrigin",
    "rootKeys",
    "threshold",
    "formerRootKeys",
    "keys",
)
ROOT_KEY_MEMBERS = ("keyid", "algorithm", "public")
KEY_MEMBERS = (*ROOT_KEY_MEMBERS, "role", "validFrom", "validTo", "status", "logCutoff")
ORIGIN = re.compile(r"[!-*,-~]+", re.ASCII)
"""What a log may be called (C2SP tlog-checkpoint and signed-note: no blank, no plus sign)."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of the trust root and what it may be used for."""

    public: bytes
    role: Role
    valid_from: datetime
    valid_to: datetime
    status: KeyStatus = KeyStatus.ACTIVE
    log_cutoff: int | None = None
    """Of a compromised key: its signatures count only at log indexes below this, its checkpoints up to this size."""

    @property
    def keyid(self) -> str:
        """SHA-256 of the raw public key, lower-case hexadecimal."""
        return keyid_of(self.public)

    def within_time(self, at: datetime) -> bool:
        """Whether the key may sign at this time, as far as its time goes."""
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """A trust root document."""

    version: int
    issued: datetime
    expires: datetime
    environment: Environment
    verifier_id: str
    log_origin: str
    root_keys: Mapping[str, bytes]
    """keyid -> raw public key; `threshold` of them sign a trust root."""
    threshold: int
    keys: Mapping[str, TrustedKey]
    former_root_keys: Mapping[str, bytes] = field(default_factory=dict)
    """Root keys of earlier versions, which may sign this one for those who know no later; they do not count here."""


def read_anchor(data: bytes, document: object, *, at: datetime) -> TrustRoot:
    """Read and check the trust root the user named; `document` is what `data` was parsed to.

    It must be canonical, signed by its own root keys, and `at` must lie within its time. Raises ProblemError.
    """
    _envelope, root = _read_signed(data, document)
    _check_time(root, at)
    return root


def follow(anchor: bytes, *others: bytes, at: datetime) -> TrustRoot:
    """Give the trust root that counts for somebody who trusts `anchor` and is shown others of the same installation.

    All are envelopes, as they are published.

    A newer one takes its place if the threshold of its root keys signed it and the threshold of the newer one's own
    did too; each of the others is looked at in the light of those before it. An older one, or the same, changes
    nothing. Only of the last one in force is it asked whether `at` lies within its time.

    Raises ProblemError: one is not such a document, is altered, is another installation's, lacks signatures of the
    root keys before it, or claims a version that is known with another content.
    """
    trusted = _read_signed(anchor, parse(anchor))
    for other in others:
        trusted = _follow(trusted, _read_signed(other, parse(other)))
    _envelope, root = trusted
    _check_time(root, at)
    return root


def _follow(trusted: tuple[Envelope, TrustRoot], other: tuple[Envelope, TrustRoot]) -> tuple[Envelope, TrustRoot]:
    (trusted_envelope, anchor), (envelope, root) = trusted, other
    for ours, theirs, what in (
        (anchor.environment, root.environment, "environment"),
        (anchor.verifier_id, root.verifier_id, "verifier"),
        (anchor.log_origin, root.log_origin, "log"),
    ):
        if ours != theirs:
            raise ProblemError(f'the other trust root is of the {what} "{theirs}", the trusted one of "{ours}"')
    if root.version == anchor.version and envelope.payload != trusted_envelope.payload:
        raise ProblemError(f"there are two trust roots of version {root.version} that say different things")
    if root.version <= anchor.version:
        return trusted
    _count_signatures(envelope, anchor, f"trust root {root.version}, by the keys of version {anchor.version},")
    return other


def read_trust_root(data: bytes) -> TrustRoot:
    """Read a trust root that may be of any time. It proves itself whole, not that it is the right one.

    Raises ProblemError.
    """
    return _read_signed(data, parse(data))[1]


def _read_signed(data: bytes, document: object) -> tuple[Envelope, TrustRoot]:
    """Check form and signatures: each must hold and be of a key the document names, and enough of its root keys'."""
    require_canonical(data, document, WHAT)
    envelope = read_envelope(document, payload_type=TRUST_ROOT_PAYLOAD, what=WHAT)
    root = read_root(envelope)
    check_signatures(envelope, keys={**root.former_root_keys, **root.root_keys}, threshold=1, what=WHAT)
    _count_signatures(envelope, root, WHAT)
    return envelope, root


def _count_signatures(envelope: Envelope, root: TrustRoot, what: str) -> None:
    """Count distinct root keys that signed; that their signatures hold has been checked."""
    found = len(envelope.signatures.keys() & root.root_keys.keys())
    if found < root.threshold:
        raise ProblemError(f"{what} has {found} signatures of root keys where {root.threshold} are needed")


def _check_time(root: TrustRoot, at: datetime) -> None:
    if at < root.issued:
        raise ProblemError(f"the trust root is not valid before {stamp(root.issued)}")
    if at >= root.expires:
        raise ProblemError(f"the trust root expired at {stamp(root.expires)}")


def read_root(envelope: Envelope) -> TrustRoot:
    """Read the document inside an envelope, proving only its form. Raises ProblemError."""
    members = closed(parse_canonical(envelope.payload, WHAT), MEMBERS, WHAT)
    root_keys, former = _root_keys(members, "rootKeys"), _root_keys(members, "formerRootKeys")
    root = TrustRoot(
        version=number(members, "version"),
        issued=moment(members, "issued"),
        expires=moment(members, "expires"),
        environment=Environment(one_of(members, "environment", Environment)),
        verifier_id=text(members, "verifierId"),
        log_origin=text(members, "logOrigin"),
        root_keys=root_keys,
        threshold=number(members, "threshold"),
        keys=_keys(members, root_keys.keys() | former.keys()),
        former_root_keys=former,
    )
    if root.version < 1 or not 1 <= root.threshold <= len(root.root_keys):
        raise ProblemError("the version or the threshold of the trust root is out of range")
    if former.keys() & root_keys.keys():
        raise ProblemError("the trust root names a root key twice")
    if not ORIGIN.fullmatch(root.log_origin):
        raise ProblemError("logOrigin is no name that a log can have")
    if root.issued >= root.expires:
        raise ProblemError("the trust root ends before it begins")
    return root


def _root_keys(members: dict[str, object], name: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    entries = as_list(members, name)
    if len(entries) > MOST_SIGNATURES:
        raise ProblemError(f"{name} lists more than {MOST_SIGNATURES} keys")
    for entry in entries:
        keyid, public = _public(closed(entry, ROOT_KEY_MEMBERS, "a root key"))
        if keyid in keys:
            raise ProblemError("the trust root names a root key twice")
        keys[keyid] = public
    return keys


def _keys(members: dict[str, object], root_keys: AbstractSet[str]) -> dict[str, TrustedKey]:
    keys: dict[str, TrustedKey] = {}
    for entry in as_list(members, "keys"):
        key = closed(entry, KEY_MEMBERS, "a key of the trust root")
        keyid, public = _public(key)
        if keyid in keys or keyid in root_keys:
            raise ProblemError("the trust root names a key twice")
        status = KeyStatus(one_of(key, "status", KeyStatus))
        keys[keyid] = TrustedKey(
            public=public,
            role=Role(one_of(key, "role", Role)),
            valid_from=moment(key, "validFrom"),
            valid_to=moment(key, "validTo"),
            status=status,
            log_cutoff=_cutoff(key, status),
        )
        if keys[keyid].valid_from >= keys[keyid].valid_to:
            raise ProblemError("a key of the trust root ends before it begins")
    return keys


def _cutoff(key: dict[str, object], status: KeyStatus) -> int | None:
    """Take the log cut-off, which a compromised key must have and no other may."""
    if status is KeyStatus.COMPROMISED:
        return number(key, "logCutoff")
    if key["logCutoff"] is not None:
        raise ProblemError("a key that is not compromised has a logCutoff")
    return None


def _public(key: dict[str, object]) -> tuple[str, bytes]:
    """Give keyid and raw public key; the one must be the digest of the other."""
    one_of(key, "algorithm", (ALGORITHM,))
    public = decode_base64(text(key, "public"), "a public key")
    if len(public) != PUBLIC_SIZE:
        raise ProblemError("a public key of the trust root has the wrong length")
    if digest(key, "keyid") != keyid_of(public):
        raise ProblemError("a keyid of the trust root is not the SHA-256 of its public key")
    return keyid_of(public), public
