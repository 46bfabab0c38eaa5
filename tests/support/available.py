"""What this machine offers the tests. A test that needs what is missing is left out, by name; in CI nothing may be."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from urllib.parse import urlsplit

REDIS = ("127.0.0.1", 6379)
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
NPM_PACKAGE = "n8n-nodes-evolution-api@1.0.4"
PYPI_PACKAGE = "iniconfig"
FOUND = "PLUGWARDEN_TEST_MISSING"
"""Variable in which run_all hands its findings to pytest, so that they are looked for once."""


@cache
def missing(kind: str) -> str:
    """Why tests marked `kind` (browser, redis, real) cannot run here; empty where they can."""
    if FOUND in os.environ:
        return json.loads(os.environ[FOUND]).get(kind, "")
    return PROBES[kind]()


def postgres_url() -> str:
    """Address of the PostgreSQL server to test on; empty where there is none."""
    if given := os.environ.get("TEST_POSTGRES_URL", ""):
        return given
    parts = urlsplit(POSTGRES)
    return POSTGRES if answers(parts.hostname, parts.port) else ""


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def chromium() -> str | None:
    """Path of the browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _redis() -> str:
    return "" if answers(*REDIS) else f"no Redis on {REDIS[0]}:{REDIS[1]}"


def _browser() -> str:
    return "" if chromium() else "no Chromium"


def _real() -> str:
    """Ask both registries through their own clients, which know where they are."""
    if not shutil.which("npm"):
        return "no npm"
    if not _succeeds("npm", "view", NPM_PACKAGE, "version"):
        return "no network, or no npm registry"
    with tempfile.TemporaryDirectory() as folder:
        fetch = ("download", "--quiet", "--no-deps", "--no-cache-dir", "--dest", folder, PYPI_PACKAGE)
        return "" if _succeeds(sys.executable, "-m", "pip", *fetch) else "no network, or no Python package index"


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


PROBES = {"browser": _browser, "redis": _redis, "real": _real}
