"""What a program with network needs to reach the registries as this host is configured to reach them."""

from __future__ import annotations

import os
from pathlib import Path

from plugins.sandbox.contract import Bind

PREFIXES = ("PIP_", "NPM_CONFIG_")
NAMES = frozenset({
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
})  # fmt: skip
FILES = frozenset({
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "PIP_CERT", "PIP_CONFIG_FILE", "NPM_CONFIG_CAFILE", "NPM_CONFIG_GLOBALCONFIG", "NPM_CONFIG_USERCONFIG",
})  # fmt: skip
"""Variables that name a file or folder, which then has to be visible too."""
WRITING = frozenset({"PIP_CACHE_DIR", "PIP_LOG", "PIP_LOG_FILE", "PIP_TARGET", "PIP_PREFIX", "NPM_CONFIG_CACHE"})
"""Places of the host that nothing inside may write to."""


def network_env() -> dict[str, str]:
    """The variables of our own environment that say how to reach registries and whom to trust."""
    return {name: value for name, value in os.environ.items() if _passes(name.upper())}


def network_binds() -> list[Bind]:
    """The files those variables name, read-only; the ones that are not there are left out."""
    named = {Path(value) for name, value in network_env().items() if name.upper() in FILES and value}
    return [Bind(path) for path in sorted(named) if path.is_absolute() and path.exists()]


def _passes(name: str) -> bool:
    return name not in WRITING and (name in NAMES or name.startswith(PREFIXES))
