"""The folder of one installation's keys: private halves, and every trust root it has had.

    root.pem  certifier.pem  log.pem  status.pem  feed.pem     the first set
    certifier-<keyid[:16]>.pem, root-<keyid[:16]>.pem          keys that came later
    trust-root-1.json, trust-root-2.json, …                    the highest version is the one in force

A private half is written before the trust root that names it, and a trust root appears whole, under a name that only
one process can take. So a process killed at any moment leaves either the old set in force or the new one.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from .dsse import Signer
from .private_files import KeysRefusedError, check_folder, read_private, sync_folder, write_private

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "root"
VERSIONED = re.compile(r"trust-root-([1-9][0-9]{0,8})\.json", re.ASCII)
OLDER = "trust-root.json"
"""The one trust root of a folder made before there were versions."""
SHORT = 16


class OvertakenError(KeysRefusedError):
    """Another process has published this version of the trust root first."""


class KeyFolder:
    """Reads and writes one such folder; refuses what others could have read or changed."""

    def __init__(self, home: Path) -> None:
        check_folder(home)
        self.home = home

    def versions(self) -> list[int]:
        """The versions of the trust root that are here, lowest first."""
        try:
            found = [VERSIONED.fullmatch(path.name) for path in self.home.iterdir()]
        except OSError as error:
            raise KeysRefusedError(f"{self.home} cannot be read: {error.strerror}") from error
        return sorted(int(match[1]) for match in found if match)

    def path(self, version: int) -> Path:
        """Where a version of the trust root lies."""
        return self.home / f"trust-root-{version}.json"

    def trust_root(self, version: int) -> bytes:
        """The envelope of one version. Raises KeysRefusedError."""
        return read_private(self.path(version))

    def publish(self, version: int, envelope: bytes) -> None:
        """Put a new version in force. Raises OvertakenError if there is such a version, OSError."""
        try:
            self._write(self.path(version), envelope)
        except FileExistsError as error:
            raise OvertakenError(
                f"trust root {version} was published by somebody else meanwhile; look at it, then start again"
            ) from error

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file that appears whole or not at all. Raises FileExistsError where there is one, OSError."""
        aside = self.home / f".new-{secrets.token_hex(8)}"
        try:
            write_private(aside, data)
            os.link(aside, path, follow_symlinks=False)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(self.home)

    def private(self, name: str, keyid: str) -> Signer | None:
        """The private half of a key, by role (or `root`) and keyid; None where it is not here."""
        own = self.home / f"{name}-{keyid[:SHORT]}.pem"
        path = own if os.path.lexists(own) else self.home / f"{name}.pem"
        if not os.path.lexists(path):
            return None
        signer = read_pem(path)
        return signer if signer.keyid == keyid else None

    def add(self, name: str, signer: Signer) -> Path:
        """Write a private half that comes after the first set. Raises OSError."""
        path = self.home / f"{name}-{signer.keyid[:SHORT]}.pem"
        self._write(path, pem(signer))
        return path

    def drop(self, name: str, keyid: str) -> Path | None:
        """Delete the private half of a key; gives where it was. Raises OSError."""
        if self.private(name, keyid) is None:
            return None
        own = self.home / f"{name}-{keyid[:SHORT]}.pem"
        path = own if os.path.lexists(own) else self.home / f"{name}.pem"
        path.unlink(missing_ok=True)
        sync_folder(self.home)
        return path


def generate() -> Signer:
    """Make a new key."""
    return Signer(Ed25519PrivateKey.generate())


def pem(signer: Signer) -> bytes:
    """Write a private half as unencrypted PEM (PKCS 8)."""
    return signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_pem(path: Path) -> Signer:
    """Read a private half that is ours alone. Raises KeysRefusedError."""
    return parse_pem(read_private(path), str(path))


def parse_pem(data: bytes, what: str) -> Signer:
    """Read an unencrypted Ed25519 key. Raises KeysRefusedError, naming it as `what`."""
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as error:
        raise KeysRefusedError(f"{what} is not an unencrypted PEM key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysRefusedError(f"{what} is not an Ed25519 key, the only kind that verifiers know")
    return Signer(key)
