"""What a check's result rests on beside the artifact: our code, its rules, its engines. Equal basis, equal result."""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

ROOM = Path(__file__).resolve().parents[1]
FOLDERS = ("advisories", "archive", "checks", "detection", "formats", "provenance", "sandbox")
MODULES = ("declaration.py", "documents.py", "evidence_files.py", "package.py")
SUFFIXES = frozenset({".py", ".js", ".cjs", ".mjs", ".sh", ".txt", ".yaml", ".yar"})


@cache
def code() -> str:
    """Digest of the code that reads packages and looks at them; another release looks anew."""
    files = [file for name in FOLDERS for file in (ROOM / name).rglob("*") if file.suffix in SUFFIXES]
    return files_digest(*files, *(ROOM / name for name in MODULES))


def files_digest(*files: Path) -> str:
    """SHA-256 over the names and bytes of files."""
    total = hashlib.sha256()
    for file in sorted(files):
        data = file.read_bytes()
        total.update(f"{file.relative_to(ROOM)}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def installed(*distributions: str) -> str:
    """The versions of Python packages, of those that are there: `bandit 1.9.4, ast-grep-py 0.51.0`."""
    import importlib.metadata  # noqa: PLC0415 - start-up time: it pulls in the mail parser

    found = []
    for name in distributions:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    return ", ".join(found)


def programs(*names: str) -> str:
    """What tells one build of the system's programs from another, without starting them: path, size and time."""
    return ", ".join(_program(name) for name in names)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        return f"{name} missing"
    facts = os.stat(path)  # noqa: PTH116 - text in, numbers out
    return f"{path} {facts.st_size} {facts.st_mtime_ns}"


def digest(*parts: str) -> str:
    """One name for all parts together."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
