"""Bring the key folder of an earlier release up to date: a trust root of today's form, and the roles it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from certification.verify.canonical import canonical, parse_canonical
from certification.verify.envelope import check_signatures, read_envelope
from certification.verify.errors import ProblemError
from certification.verify.fields import as_list, as_object
from certification.verify.names import TRUST_ROOT_PAYLOAD, KeyStatus, Role
from certification.verify.root import TrustedKey, read_root

from .key_folder import OLDER, KeyFolder, OvertakenError, generate
from .key_sources import root_signers
from .private_files import KeysRefusedError, read_private
from .publishing import newest_trust_root, publish, signed
from .trust_root import log_origin

if TYPE_CHECKING:
    from datetime import datetime

    from certification.verify.root import TrustRoot


def complete(folder: KeyFolder, *, start: datetime, now: datetime) -> None:
    """Make what a folder of an earlier release lacks, as the next version of its trust root; quiet if it lacks nothing.

    New keys are valid from `start`. Raises KeysRefusedError where the root key is not at hand, OSError.
    """
    before = newest_trust_root(folder)[1] if folder.versions() else None
    if before is None and not (folder.home / OLDER).exists():
        return
    root = before or _read_older(folder)
    missing = missing_roles(root)
    if before and not missing:
        return
    signers = root_signers(folder, root)
    if len(signers) < root.threshold:
        raise KeysRefusedError(
            f"{folder.home} was made by an earlier release and lacks keys ({', '.join(missing)}): put its root key, "
            "root.pem, back into that folder until the portal has started once"
        )
    made = {role: generate() for role in missing}
    keys = {signer.keyid: TrustedKey(signer.public, role, start, root.expires) for role, signer in made.items()}
    after = replace(root, version=root.version + 1, issued=start, keys={**root.keys, **keys})
    for role, signer in made.items():
        folder.add(role, signer)
    try:
        publish(folder, signed(after, signers), before=before, now=now)
    except OvertakenError:
        for role, signer in made.items():
            folder.drop(role, signer.keyid)


def missing_roles(root: TrustRoot) -> list[Role]:
    """The roles no active key has."""
    there = {key.role for key in root.keys.values() if key.status is KeyStatus.ACTIVE}
    return [role for role in Role if role not in there]


def _read_older(folder: KeyFolder) -> TrustRoot:
    """Read a trust root from before there was a log: it lacks the members that came with it."""
    path = folder.home / OLDER
    data = read_private(path)
    try:
        envelope = read_envelope(
            parse_canonical(data, "the trust root"), payload_type=TRUST_ROOT_PAYLOAD, what="the trust root"
        )
        document = as_object(parse_canonical(envelope.payload, "the trust root"), "the trust root")
        for key in as_list(document, "keys"):
            as_object(key, "a key").setdefault("logCutoff", None)
        document |= {"formerRootKeys": [], "logOrigin": "-"}
        root = read_root(replace(envelope, payload=canonical(document)))
        check_signatures(envelope, keys=root.root_keys, threshold=root.threshold, what="the trust root")
    except ProblemError as problem:
        raise KeysRefusedError(f"{path} cannot be used: {problem}") from problem
    first = next(iter(root.root_keys.values()))
    return replace(root, log_origin=log_origin(environment=root.environment, root_public=first))
