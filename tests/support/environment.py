"""The surroundings of a test process, set before Django reads its settings: no variable of yours reaches a test."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "PLUGWARDEN_TEST_FOLDER"
"""Variable that tells xdist workers the folder of the session; each has its own below it."""
OURS = (
    "ALLOWED_HOSTS", "BEHIND_PROXY", "CSRF_TRUSTED_ORIGINS", "DEBUG", "LOG_LEVEL", "PORTAL_URL", "REDIS_URL",
    "SECRET_KEY", "SECURE_HSTS_SECONDS",
)  # fmt: skip
KEPT = {"PLUGWARDEN_GUARDDOG_RULES", FOLDER, "PLUGWARDEN_TEST_MISSING", "PLUGWARDEN_TEST_RESULT"}


def prepare() -> Path:
    """Point settings at a temporary folder of this process; returns it. `DATABASE_URL` alone is taken as given."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="plugwarden-test-")
        atexit.register(_remove, Path(folder), os.getpid())
    data = Path(folder) / os.environ.get("PYTEST_XDIST_WORKER", "main")
    (data / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing
    for name in list(os.environ):
        if name in OURS or (name.startswith("PLUGWARDEN_") and name not in KEPT):
            del os.environ[name]
    if not os.environ.get("DATABASE_URL"):
        os.environ.pop("DATABASE_URL", None)
    os.environ.setdefault("MPLCONFIGDIR", str(Path(folder) / "matplotlib"))  # importing it makes the folder
    os.environ.update(
        PLUGWARDEN_ENV="test",
        PLUGWARDEN_DATA=str(data),
        PLUGWARDEN_ENV_FILE=os.devnull,
        MPLCONFIGDIR=str(Path(folder) / "matplotlib"),  # else made in the cache folder, which becomes a link
        DJANGO_SETTINGS_MODULE="governance.settings",
    )
    return data


def run_id() -> str:
    """What tells this session's databases and queues from those of another one at the same time."""
    return Path(os.environ[FOLDER]).name.rpartition("-")[2].lower()


def worker() -> str:
    """The name of this xdist worker; `main` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child
        shutil.rmtree(folder, ignore_errors=True)
