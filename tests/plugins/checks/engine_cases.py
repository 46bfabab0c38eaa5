"""Trees on disk and workspaces for tests of the checks that run engines; not a test module."""

from __future__ import annotations

import hashlib
import random
import string
from pathlib import Path

from plugins.checks.base import Workspace
from plugins.package import Metadata, Package, SourceFile
from plugins.sandbox.python import CODE_ROOT

CACHE = CODE_ROOT / "var" / "cache"
LANGUAGES = {
    ".js": "javascript", ".cjs": "javascript", ".ts": "typescript", ".py": "python", ".sh": "shell", ".html": "html",
    ".php": "php",
}  # fmt: skip
LETTERS = string.ascii_letters + string.digits


def token(seed=1):
    """A fake GitHub token: random, so that no scanner takes this file for a leak."""
    return "ghp_" + "".join(random.Random(seed).choices(LETTERS, k=36))  # noqa: S311 - no secret


def aws_pair(seed=1):
    """A fake AWS access key with its secret."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    key = "AKIA" + "".join(dice.choices(string.ascii_uppercase + "234567", k=16))
    return key, "".join(dice.choices(LETTERS + "/+", k=40))


def workspace(tmp_path, files, *, cache=CACHE, **facts):
    """Write the files (path to text or bytes) and describe them as intake would."""
    root, scratch = tmp_path / "tree", tmp_path / "scratch"
    scratch.mkdir(parents=True)
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    known = sorted(files)
    package = Package(
        format="generic",
        metadata=Metadata("sample", "1.0.0"),
        purl="pkg:generic/sample@1.0.0",
        files=tuple(_source(root, path) for path in known),
        **facts,
    )
    return Workspace(package, tmp_path / "artifact", root, scratch, cache)


def program(tmp_path, text):
    """A fake engine: a shell script of the given text."""
    path = tmp_path / "engine.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _source(root: Path, path: str) -> SourceFile:
    data = (root / path).read_bytes()
    return SourceFile(path, len(data), hashlib.sha256(data).hexdigest(), LANGUAGES.get(Path(path).suffix))
