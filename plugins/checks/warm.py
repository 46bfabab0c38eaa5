"""Fill the engines' caches once, at set-up, so that no vetting run pays for it. Idempotent, and quick when warm."""

from __future__ import annotations

import compileall
import os
import secrets as randomness
import tempfile
from pathlib import Path

from plugins.checks import kingfisher, secrets, yara_rules
from plugins.sandbox import SandboxUnavailable
from plugins.sandbox.python import CODE_ROOT, PACKAGES

KEPT_MODE, SECRET_MODE = 0o644, 0o600


def warm(cache: Path) -> None:
    """Write the compiled rules and this installation's salt below `cache`.

    Raises SandboxUnavailable, with a sentence saying what to install, where an engine or the sandbox is missing.
    """
    cache.mkdir(parents=True, exist_ok=True)
    _bytecode()
    _salt(cache / secrets.SALT_FILE)
    _kingfisher(kingfisher.cache_folder(cache))
    _yara(yara_rules.installed(), cache)


def is_warm(cache: Path) -> bool:
    """Whether the rules of the installed releases are compiled below `cache`. Raises SandboxUnavailable as `warm`."""
    compiled = any(kingfisher.cache_folder(cache).glob("*.vscdb")) and yara_rules.installed().compiled(cache).is_file()
    return compiled and (cache / secrets.SALT_FILE).is_file()


def _bytecode() -> None:
    """Compile our modules, which the sandbox reads but may not write; where the tree is read-only it stays as it is."""
    for package in PACKAGES:
        compileall.compile_dir(CODE_ROOT / package, quiet=2)


def _salt(path: Path) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
    except FileExistsError:
        return
    with os.fdopen(fd, "wb") as file:
        file.write(randomness.token_bytes(32))


def _kingfisher(folder: Path) -> None:
    if any(folder.glob("*.vscdb")):
        return
    with tempfile.TemporaryDirectory(dir=folder.parents[1]) as private:
        out = Path(private) / "out"
        out.mkdir(mode=0o755)
        result = kingfisher.compile_rules(out)
        made = [file for file in out.glob("*.vscdb") if file.is_file() and not file.is_symlink()]
        if not result.ok or not made:
            raise SandboxUnavailable(f"The secret scanner could not compile its rules. {result.ending}")
        for file in made:
            _store(folder / file.name, file.read_bytes())


def _yara(rules: yara_rules.RuleSet, cache: Path) -> None:
    target = rules.compiled(cache)
    if not target.exists():
        _store(target, yara_rules.compiled_bytes(rules))


def _store(path: Path, data: bytes) -> None:
    """Write all or nothing, readable for the sandbox's user."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent, path.parent.parent):
        folder.chmod(0o755)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).chmod(KEPT_MODE)
    Path(file.name).replace(path)
