"""Read the trust root in force, and put the next one in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certification.verify.canonical import canonical, parse
from certification.verify.envelope import encode_base64, pae
from certification.verify.errors import ProblemError
from certification.verify.names import TRUST_ROOT_PAYLOAD
from certification.verify.root import TrustRoot, follow, read_anchor, read_trust_root

from .key_folder import ROOT
from .private_files import KeysRefusedError
from .trust_root import trust_root_payload

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .dsse import SigningKey
    from .key_folder import KeyFolder


def newest_trust_root(folder: KeyFolder, *, now: datetime) -> tuple[bytes, TrustRoot]:
    """Give the trust root in force: the highest version, which must hold now. Raises KeysRefusedError."""
    versions = folder.versions()
    if not versions:
        raise KeysRefusedError(f"{folder.path(1)} cannot be read: No such file; bring it back from a backup")
    data, path = folder.trust_root(versions[-1]), folder.path(versions[-1])
    try:
        root = read_anchor(data, parse(data), at=now)
    except ProblemError as problem:
        raise KeysRefusedError(f"{path} cannot be used: {problem}") from problem
    if root.version != versions[-1]:
        raise KeysRefusedError(f"{path} cannot be used: it is version {root.version}")
    return data, root


def root_signers(folder: KeyFolder, *roots: TrustRoot) -> list[SigningKey]:
    """The root keys of these trust roots whose private halves are at hand, each once."""
    keyids = {keyid: None for root in roots for keyid in root.root_keys}
    found = (folder.private(ROOT, keyid) for keyid in keyids)
    return [signer for signer in found if signer is not None]


def signed(root: TrustRoot, signers: Iterable[SigningKey]) -> bytes:
    """Write a trust root and sign it with these root keys; gives the envelope as canonical JSON."""
    payload = trust_root_payload(root)
    message = pae(TRUST_ROOT_PAYLOAD, payload)
    signatures = {signer.keyid: encode_base64(signer.sign(message)) for signer in signers}
    return canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": TRUST_ROOT_PAYLOAD,
            "signatures": [{"keyid": keyid, "sig": signatures[keyid]} for keyid in sorted(signatures)],
        }
    )


def publish(folder: KeyFolder, envelope: bytes, *, before: TrustRoot | None, now: datetime) -> TrustRoot:
    """Put a signed trust root in force, once a verifier that trusts the one before would accept it.

    Raises KeysRefusedError (OvertakenError where somebody else was first), OSError.
    """
    try:
        root = read_trust_root(envelope)
        if before is not None:
            if root.version != before.version + 1:
                raise KeysRefusedError(f"the trust root in force is version {before.version}, this one {root.version}")
            root = follow(before, envelope, at=now)
    except ProblemError as problem:
        raise KeysRefusedError(f"the new trust root cannot be put in force: {problem}") from problem
    folder.publish(root.version, envelope)
    return root
