"""GuardDog's rule files: where they are, what they are, compiled how. The package itself is never imported."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.rule_sets import RuleSetFacts
from plugins.sandbox import Bind, SandboxUnavailable, run_python

if TYPE_CHECKING:
    from importlib.metadata import PackagePath

NAME, DISTRIBUTION = "GuardDog", "guarddog"
ENGINE = "plugins.checks.engines.yara_engine"
VARIABLE = "PLUGWARDEN_GUARDDOG_RULES"
INSTALL = "Install them with: make setup"
OWN = Path(__file__).parent / "rules" / "malware"
OWN_PREFIX = "plugwarden_"
"""How the names of our own rules begin; their files and the engine stand in `basis.code`."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One installed rule set."""

    folder: Path
    version: str
    engine_version: str
    digest: str
    """SHA-256 over the names and bytes of all its files and the engine's version."""
    files: int
    own_digest: str
    """The same over our own rules, which are compiled with it."""

    def facts(self, *, in_use: int | None) -> RuleSetFacts:
        """What the record says of it; `in_use` is how many rules the engine had."""
        return RuleSetFacts(NAME, self.version, f"sha256:{self.digest}", in_use)

    def compiled(self, cache: Path) -> Path:
        """Where its compiled form is cached."""
        return cache / "yara" / f"{self.digest[:32]}{self.own_digest[:32]}.yarc"


def installed(target: Path | None = None) -> RuleSet:
    """Find the rules by the metadata of the distribution installed into `target`.

    By default that is what PLUGWARDEN_GUARDDOG_RULES names, else `guarddog-rules` in our environment. Raises
    SandboxUnavailable, saying what to run, where they are missing or incomplete.
    """
    import importlib.metadata  # noqa: PLC0415 - start-up time: it pulls in the mail parser

    place = target or Path(os.environ.get(VARIABLE) or Path(sys.prefix, "guarddog-rules"))
    found = next(iter(importlib.metadata.distributions(name=DISTRIBUTION, path=[str(place)])), None)
    listed = [Path(str(file.locate())) for file in (found.files or ()) if file.suffix == ".yar"] if found else []
    if found is None or not listed:
        raise SandboxUnavailable(f"GuardDog's rule files are not installed. {INSTALL}")
    if not all(file.is_file() for file in listed) or len({file.parent for file in listed}) != 1:
        raise SandboxUnavailable(f"GuardDog's rule files are incomplete. {INSTALL}")
    for file in found.files or ():
        if file.suffix == ".yar" and not _is_as_installed(file):
            raise SandboxUnavailable(f"GuardDog's rule file {file.name} is not as it was installed. {INSTALL}")
    try:
        engine_version = importlib.metadata.version("yara-x")
    except importlib.metadata.PackageNotFoundError as error:
        raise SandboxUnavailable("yara-x is not installed. Install it with: make setup") from error
    folder = listed[0].parent
    return RuleSet(
        folder, found.version, engine_version, _digest(folder, engine_version), len(listed), _digest(OWN, "")
    )


def compiled_bytes(rules: RuleSet) -> bytes:
    """Compile them, in the sandbox, into the form the engine loads quickly."""
    result = run_python(ENGINE, "compile", "/rules", binds=[Bind(rules.folder, "/rules")])
    if not result.ok or not result.stdout:
        raise SandboxUnavailable(f"The malware rules could not be compiled. {result.ending}")
    return result.stdout


def _is_as_installed(file: PackagePath) -> bool:
    """Whether a file's bytes are those that the installer recorded; one without a record is not."""
    kept = file.hash
    if kept is None or kept.mode != "sha256":
        return False
    seen = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
    return base64.urlsafe_b64encode(seen).decode().rstrip("=") == kept.value


def _digest(folder: Path, engine_version: str) -> str:
    digest = hashlib.sha256(engine_version.encode())
    for file in sorted((*folder.glob("*.yar"), *folder.glob("*.meta"))):
        data = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()
