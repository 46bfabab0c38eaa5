"""The next trust root: what a rotation, a compromise or new root keys make of the one in force. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from certification.verify.envelope import MOST_SIGNATURES, keyid_of
from certification.verify.fields import stamp
from certification.verify.names import KeyStatus, Role
from certification.verify.root import TrustedKey, TrustRoot

from .private_files import KeysRefusedError
from .trust_root import HEAD_START, LIFETIME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

OVERLAP = timedelta(hours=1)
"""How long a key that was replaced may still sign: whatever is under way ends with the key it began with."""
SHORTEST = 8
"""Characters of a keyid that a person has to give."""
FORMER = MOST_SIGNATURES // 2
"""Root keys of earlier versions that a trust root goes on naming."""


def rotated(
    root: TrustRoot,
    role: Role,
    public: bytes,
    *,
    now: datetime,
    overlap: timedelta = OVERLAP,
    lifetime: timedelta = LIFETIME,
) -> TrustRoot:
    """A new key takes over a role; those active until now are retired when the overlap ends."""
    _demand_new(root, public)
    keys = {keyid: _retired(key, now + overlap) if _is_active(key, role) else key for keyid, key in root.keys.items()}
    new = TrustedKey(public, role, now - HEAD_START, now + lifetime)
    return replace(_next(root, now=now), keys={**keys, new.keyid: new})


def retired(root: TrustRoot, keyid: str, *, now: datetime) -> TrustRoot:
    """A key signs no more; what it signed until now holds. Another must be active in its role."""
    key = role_key(root, keyid)
    if key.status is not KeyStatus.ACTIVE:
        raise KeysRefusedError(f"the {key.role} key {keyid} is {key.status} already")
    if not any(_is_active(other, key.role) for each, other in root.keys.items() if each != keyid):
        raise KeysRefusedError(f"{keyid} is the only active {key.role} key; use: manage.py keys rotate {key.role}")
    return replace(_next(root, now=now), keys={**root.keys, keyid: _retired(key, now)})


def compromised(root: TrustRoot, keyid: str, *, log_size: int, public: bytes | None, now: datetime) -> TrustRoot:
    """A key is in wrong hands: what it signed counts only at log indexes below `log_size`.

    `public` is the key that takes over at once, needed where no other is active in the role (`needs_successor`).
    """
    key = role_key(root, keyid)
    if key.status is KeyStatus.COMPROMISED and (key.log_cutoff or 0) <= log_size:
        raise KeysRefusedError(f"the {key.role} key {keyid} is compromised already, with log size {key.log_cutoff}")
    if log_size < 0:
        raise KeysRefusedError("a log size is 0 or more")
    keys = {**root.keys, keyid: replace(key, status=KeyStatus.COMPROMISED, log_cutoff=log_size)}
    if public is not None:
        _demand_new(root, public)
        new = TrustedKey(public, key.role, now - HEAD_START, now + LIFETIME)
        keys[new.keyid] = new
    return replace(_next(root, now=now), keys=keys)


def needs_successor(root: TrustRoot, keyid: str) -> bool:
    """Whether a role would be left without an active key."""
    key = role_key(root, keyid)
    return not any(_is_active(other, key.role) for each, other in root.keys.items() if each != keyid)


def with_root_keys(
    root: TrustRoot, *, add: Collection[bytes], remove: Collection[str], threshold: int | None, now: datetime
) -> TrustRoot:
    """Other root keys. Those removed stay named as former ones, for verifiers that know no later."""
    for public in add:
        _demand_new(root, public)
    if unknown := sorted(set(remove) - root.root_keys.keys()):
        raise KeysRefusedError(f"{unknown[0]} is no root key")
    kept = {keyid: public for keyid, public in root.root_keys.items() if keyid not in remove}
    roots = {**kept, **{keyid_of(public): public for public in add}}
    gone = {keyid: public for keyid, public in root.root_keys.items() if keyid in remove}
    former = dict(list({**root.former_root_keys, **gone}.items())[-FORMER:])
    needed = root.threshold if threshold is None else threshold
    if not 1 <= needed <= len(roots) or len(roots) > FORMER:
        raise KeysRefusedError(f"{needed} of {len(roots)} root keys cannot sign; have 1 to {FORMER} keys and not fewer")
    return replace(_next(root, now=now), root_keys=roots, former_root_keys=former, threshold=needed)


def role_key(root: TrustRoot, keyid: str) -> TrustedKey:
    """The key of a role that has this keyid. Raises KeysRefusedError."""
    if keyid in root.root_keys:
        raise KeysRefusedError(
            f"{keyid} is a root key; use: manage.py keys rotate root --remove {keyid}, and bring the new trust root "
            "to everybody by hand"
        )
    if keyid not in root.keys:
        raise KeysRefusedError(f"trust root {root.version} names no key {keyid}")
    return root.keys[keyid]


def find_keyid(root: TrustRoot, given: str) -> str:
    """The one keyid that begins like this; at least eight characters. Raises KeysRefusedError."""
    known = [*root.keys, *root.root_keys]
    found = [keyid for keyid in known if keyid.startswith(given.lower())] if len(given) >= SHORTEST else []
    if len(found) != 1:
        how_many = "several keys" if found else "no key"
        raise KeysRefusedError(
            f'"{given[:64]}" begins the id of {how_many} in trust root {root.version}; `manage.py keys show` lists them'
        )
    return found[0]


def _next(root: TrustRoot, *, now: datetime) -> TrustRoot:
    return replace(root, version=root.version + 1, issued=now - HEAD_START, expires=now + LIFETIME)


def _demand_new(root: TrustRoot, public: bytes) -> None:
    if keyid_of(public) in {*root.keys, *root.root_keys, *root.former_root_keys}:
        raise KeysRefusedError(f"the key {keyid_of(public)} is in the trust root already; each has one use, once")


def _is_active(key: TrustedKey, role: Role) -> bool:
    return key.role is role and key.status is KeyStatus.ACTIVE


def _retired(key: TrustedKey, end: datetime) -> TrustedKey:
    end = max(min(key.valid_to, end), key.valid_from + timedelta(seconds=1))
    return replace(key, status=KeyStatus.RETIRED, valid_to=end)


Facts = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """Something that happened to one key between two versions, as the ledger tells it."""

    verb: str
    role: str
    keyid: str
    details: Facts = field(default_factory=dict)


def events(before: TrustRoot | None, after: TrustRoot) -> Iterator[KeyEvent]:
    """What happened to which key from one version to the next; all are new where there is none before."""
    known = {} if before is None else before.keys
    roots = {} if before is None else before.root_keys
    for keyid in after.root_keys.keys() - roots.keys():
        yield KeyEvent("key.created", "root", keyid)
    for keyid in roots.keys() - after.root_keys.keys():
        yield KeyEvent("key.retired", "root", keyid)
    for keyid, key in after.keys.items():
        if keyid not in known:
            times: Facts = {"valid_from": stamp(key.valid_from), "valid_to": stamp(key.valid_to)}
            yield KeyEvent("key.created", key.role, keyid, times)
        elif key.status is not known[keyid].status or key.log_cutoff != known[keyid].log_cutoff:
            yield _changed(key, (new for each, new in after.keys.items() if each not in known))


def _changed(key: TrustedKey, created: Iterable[TrustedKey]) -> KeyEvent:
    successor = next((new.keyid for new in created if new.role is key.role), None)
    if key.status is KeyStatus.COMPROMISED:
        return KeyEvent("key.compromised", key.role, key.keyid, {"log_cutoff": key.log_cutoff, "successor": successor})
    verb = "key.rotated" if successor else "key.retired"
    return KeyEvent(verb, key.role, key.keyid, {"successor": successor, "valid_to": stamp(key.valid_to)})
