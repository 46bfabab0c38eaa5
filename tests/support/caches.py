"""The engines' compiled rules: made once a machine, since compiling them anew costs ten seconds."""

import fcntl
import os
import tempfile
from functools import cache
from pathlib import Path

from plugins.checks import kingfisher, secrets, yara_rules
from plugins.checks.warm import warm
from tests.support.environment import ROOT


@cache
def warmed_cache() -> Path:
    """The installation's own cache where it is warm, else one shared by all test sessions of this user."""
    own = ROOT / "var" / "cache"
    if is_warm(own):
        return own
    shared = Path(tempfile.gettempdir()) / f"plugwarden-test-cache-{os.getuid()}"
    shared.mkdir(mode=0o755, exist_ok=True)
    if shared.is_symlink() or shared.stat().st_uid != os.getuid():
        raise RuntimeError(f"{shared} belongs to somebody else.")
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_warm(shared):
            warm(shared)
    return shared


def is_warm(folder: Path) -> bool:
    """Whether the rules of the releases installed now are compiled there."""
    return (
        (folder / secrets.SALT_FILE).is_file()
        and any(kingfisher.cache_folder(folder).glob("*.vscdb"))
        and yara_rules.installed().compiled(folder).exists()
    )
