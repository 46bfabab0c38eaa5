"""Change this installation's keys, and write every change to the ledger.

The key folder is what counts; the ledger and the table `TrustRootVersion` are told afterwards, from what a version says
that the one before did not. So a change that was killed between the two is told at the next look (`note`), and nothing
is told twice: a version can be noted once.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification.attest import key_changes as changes
from certification.attest import rotation
from certification.attest.ceremony import read_draft
from certification.attest.key_folder import ROOT, generate
from certification.attest.keys import ensure_folder
from certification.attest.private_files import KeysRefusedError
from certification.attest.publishing import newest_trust_root
from certification.keyring import environment
from certification.models import TrustRootVersion
from certification.signals import trust_root_published
from certification.verify.errors import ProblemError
from certification.verify.root import TrustRoot, read_trust_root
from governance import ledger
from governance.ledger import sequencer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import timedelta

    from certification.attest.dsse import Signer
    from certification.attest.key_folder import KeyFolder
    from certification.attest.rotation import Change
    from certification.verify.names import Role
    from governance.models import User


def key_folder() -> KeyFolder:
    """The key folder of this installation, made where there is none. Raises KeysRefusedError."""
    return ensure_folder(settings.KEYS_DIR, environment=environment(), now=timezone.now())


def rotate(
    *, role: Role, actor: User | None = None, overlap: timedelta = changes.OVERLAP, lifetime: timedelta
) -> Change:
    """Have a new key take over a role. Raises KeysRefusedError."""
    with _changing() as (folder, before):
        key, made = rotation.new_key(before, role, make=generate())
        after = changes.rotated(before, role, key.public, now=timezone.now(), overlap=overlap, lifetime=lifetime)
        return _put_in_force(folder, before, after, {} if made is None else {str(role): made}, actor)


def retire(*, keyid: str, actor: User | None = None) -> Change:
    """Have a key sign no more, where another is active in its role. Raises KeysRefusedError."""
    with _changing() as (folder, before):
        after = changes.retired(before, changes.find_keyid(before, keyid), now=timezone.now())
        return _put_in_force(folder, before, after, {}, actor)


def compromise(*, keyid: str, log_size: int, actor: User | None = None) -> Change:
    """Declare a key to be in wrong hands: what it signed counts only below this size of the log.

    Where it is the only active one of its role, a new key takes over at once. Raises KeysRefusedError.
    """
    if log_size > (size := sequencer.next_index()):
        raise KeysRefusedError(f"the log has {size} events: the cut-off cannot lie above that")
    with _changing() as (folder, before):
        found = changes.find_keyid(before, keyid)
        role = changes.role_key(before, found).role
        public, made = None, None
        if changes.needs_successor(before, found):
            key, made = rotation.new_key(before, role, make=generate())
            public = key.public
        after = changes.compromised(before, found, log_size=log_size, public=public, now=timezone.now())
        return _put_in_force(folder, before, after, {} if made is None else {str(role): made}, actor)


def rotate_root(
    *, add: Collection[bytes], remove: Collection[str], threshold: int | None, actor: User | None = None
) -> Change:
    """Bring in other root keys; without any to add or remove, a new one takes the place of the only one.

    `add` are raw public keys, `remove` beginnings of keyids. Raises KeysRefusedError.
    """
    with _changing() as (folder, before):
        made: dict[str, Signer] = {}
        gone = [changes.find_keyid(before, keyid) for keyid in remove]
        if not add and not remove and threshold is None:
            if len(before.root_keys) != 1:
                raise KeysRefusedError("there are several root keys: say which to --remove and which to --add")
            key, new = rotation.new_key(before, ROOT, make=generate())
            add, gone = [key.public], list(before.root_keys)
            made = {} if new is None else {ROOT: new}
        after = changes.with_root_keys(before, add=add, remove=gone, threshold=threshold, now=timezone.now())
        return _put_in_force(folder, before, after, made, actor)


def install(*, copies: Sequence[bytes], actor: User | None = None) -> Change:
    """Put a trust root in force that was signed elsewhere. Raises KeysRefusedError."""
    with _changing() as (folder, _before):
        change = rotation.install(folder, [read_draft(copy) for copy in copies], now=timezone.now())
        note(actor=actor)
        return change


@contextmanager
def _changing() -> Iterator[tuple[KeyFolder, TrustRoot]]:
    """The folder and what is in force; a disk that fails becomes a refusal."""
    try:
        folder = key_folder()
        yield folder, newest_trust_root(folder)[1]
    except OSError as error:
        raise KeysRefusedError(f"the keys could not be changed: {error.strerror}") from error


def _put_in_force(
    folder: KeyFolder, before: TrustRoot, after: TrustRoot, made: dict[str, Signer], actor: User | None
) -> Change:
    change = rotation.put_in_force(folder, before=before, after=after, made=made, now=timezone.now())
    note(actor=actor)
    return change


def note(*, actor: User | None = None) -> list[TrustRootVersion]:
    """Write down the versions of the trust root that are not yet, and what happened to which key.

    Raises KeysRefusedError: a version that was noted is gone from the folder, or says something else there.
    """
    folder, ours = key_folder(), environment()
    there = folder.versions()
    known = dict(TrustRootVersion.objects.filter(environment=ours).values_list("version", "sha256"))
    if gone := sorted(known.keys() - set(there)):
        raise KeysRefusedError(
            f"{folder.home} lacks trust root {gone[-1]}, which was in force: bring back the newest copy of that folder"
        )
    before: TrustRoot | None = None
    noted = []
    for version in there:
        envelope = folder.trust_root(version)
        try:
            root = read_trust_root(envelope)
        except ProblemError as problem:
            raise KeysRefusedError(f"{folder.path(version)} cannot be used: {problem}") from problem
        row = TrustRootVersion(
            environment=ours, version=version, sha256=hashlib.sha256(envelope).hexdigest(), envelope=envelope
        )
        if known.get(version, row.sha256) != row.sha256:
            raise KeysRefusedError(f"{folder.path(version)} is not the trust root {version} that was put in force")
        if version not in known:
            with suppress(IntegrityError):  # another process has just noted it
                _note(row, before, root, actor)
                noted.append(row)
        before = root
    if noted:
        trust_root_published.send_robust(TrustRootVersion)
    return noted


@transaction.atomic
def _note(row: TrustRootVersion, before: TrustRoot | None, root: TrustRoot, actor: User | None) -> None:
    row.save(force_insert=True)
    for event in changes.events(before, root):
        details = {"keyid": event.keyid, "role": event.role, "trust_root": root.version, **event.details}
        label = f"{event.role} key {event.keyid[:16]}"
        ledger.record(verb=event.verb, subject=row, subject_label=label, actor=actor, details=details)
    published = {
        "version": root.version,
        "sha256": row.sha256,
        "root_keys": list(root.root_keys),
        "threshold": root.threshold,
        "signed_by": sorted(read_draft(bytes(row.envelope)).signatures),
    }
    ledger.record(verb="trust_root.published", subject=row, actor=actor, details=published)


def is_demo() -> bool:
    """Whether these are the keys of the demo, which are worth nothing outside."""
    return bool(settings.DEMO)
