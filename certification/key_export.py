"""What a platform needs to check certificates by itself, as files in a folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certification import trust_roots
from certification.attest.publishing import newest_trust_root
from certification.verify.names import KeyStatus, Role
from governance.ledger.tlog.notes import VerifierKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

TRUST_ROOT = "trust-root.json"


def export(directory: Path, *, now: datetime) -> list[Path]:
    """Write the trust root, its digest, each version before it, and every public key; gives the files.

    `trust-root.json` and `trust-root.json.sha256` (as `sha256sum -c` reads it), `trust-root-N.json` for a verifier
    that trusts an older one, `ROLE-KEYID.pem`, and `log.vkey` with the log's keys in C2SP's form, newest first and
    without compromised ones: that form knows no cut-off. None is secret. Raises KeysRefusedError, OSError.
    """
    files = dict(_files(now))
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        aside = directory / f".{name}.new"
        aside.write_bytes(content)
        aside.replace(directory / name)
    return [directory / name for name in files]


def _files(now: datetime) -> Iterator[tuple[str, bytes]]:
    folder = trust_roots.key_folder()
    data, root = newest_trust_root(folder, now=now)
    yield TRUST_ROOT, data
    yield f"{TRUST_ROOT}.sha256", f"{hashlib.sha256(data).hexdigest()}  {TRUST_ROOT}\n".encode()
    for version in folder.versions():
        yield folder.path(version).name, folder.trust_root(version)
    for keyid, public in root.root_keys.items():
        yield f"root-{keyid[:16]}.pem", _pem(public)
    for key in root.keys.values():
        yield f"{key.role}-{key.keyid[:16]}.pem", _pem(key.public)
    sound = (key for key in root.keys.values() if key.role is Role.LOG and key.status is not KeyStatus.COMPROMISED)
    logs = sorted(sound, key=lambda key: key.valid_from, reverse=True)
    yield "log.vkey", "".join(f"{VerifierKey(root.log_origin, key.public).vkey}\n" for key in logs).encode()


def _pem(public: bytes) -> bytes:
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
