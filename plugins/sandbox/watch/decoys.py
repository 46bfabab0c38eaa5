"""Decoy credentials: files and environment variables that look real, with values nobody else has, new in each run."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugins.sandbox.command import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_BYTES = 12
"""Of randomness in each value: 24 hex digits, which survive lower-casing on their way through DNS."""

_FILES = {
    ".npmrc": "//registry.npmjs.example/:_authToken=npm_{token}\n",
    ".pypirc": "[pypi]\nusername = __token__\npassword = pypi-{token}\n",
    ".netrc": "machine github.example login dev password ghp_{token}\n",
    ".git-credentials": "https://dev:ghp_{token}@github.example\n",
    ".aws/credentials": "[default]\naws_access_key_id = AKIA{short}\naws_secret_access_key = {token}\n",
    ".ssh/id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\n{token}\n-----END OPENSSH PRIVATE KEY-----\n",
    ".ssh/id_ed25519": "-----BEGIN OPENSSH PRIVATE KEY-----\n{token}\n-----END OPENSSH PRIVATE KEY-----\n",
    ".kube/config": "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user: {{token: {token}}}\n",
    ".docker/config.json": '{{"auths": {{"docker.example": {{"auth": "{token}"}}}}}}\n',
    ".config/gcloud/application_default_credentials.json": '{{"type": "user", "refresh_token": "{token}"}}\n',
    ".config/gh/hosts.yml": "github.example:\n  oauth_token: gho_{token}\n  user: dev\n",
    ".n8n/config": '{{"encryptionKey": "{token}"}}\n',
    ".node-red/settings.js": 'module.exports = {{credentialSecret: "{token}"}};\n',
    ".bash_history": "export DEPLOY_TOKEN={token}\n",
    ".env": "SECRET_KEY={token}\n",
    ".config/google-chrome/Default/Login Data": "SQLite format 3 {token}\n",
}
_VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NPM_TOKEN", "GITHUB_TOKEN", "N8N_ENCRYPTION_KEY",
    "NODE_RED_CREDENTIAL_SECRET", "DATABASE_PASSWORD", "SLACK_BOT_TOKEN", "STRIPE_SECRET_KEY",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoys:
    """What is planted in one run."""

    files: Mapping[str, str]
    """Absolute path inside to content."""
    env: Mapping[str, str]
    tokens: Mapping[str, str]
    """Name of the file (`~/.npmrc`) or variable (`$NPM_TOKEN`) to the value that is looked for in what leaves."""

    @classmethod
    def new(cls) -> Decoys:
        """Fresh values for every file and variable."""
        files, env, tokens = {}, {}, {}
        for name, text in _FILES.items():
            token = secrets.token_hex(TOKEN_BYTES)
            files[f"{HOME}/{name}"] = text.format(token=token, short=token[:16].upper())
            tokens[f"~/{name}"] = token
        for name in _VARIABLES:
            env[name] = tokens[f"${name}"] = secrets.token_hex(TOKEN_BYTES)
        return cls(files, env, tokens)

    def name_of(self, path: str) -> str | None:
        """`~/.npmrc` for the absolute path of a decoy, else None."""
        return f"~{path.removeprefix(HOME)}" if path in self.files else None
