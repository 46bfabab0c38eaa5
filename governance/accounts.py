"""The first users of a fresh installation, and where their generated passwords are kept."""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from governance import ledger
from governance.models import User
from governance.roles import STAFF, Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def passwords_file() -> Path:
    """Where generated passwords are kept: mode 0600, in the folder of the keys."""
    return settings.KEYS_DIR / "generated-passwords.json"


def generated_passwords() -> dict[str, str]:
    """User name to generated password, of those that were never asked to choose their own."""
    path = passwords_file()
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def keep_passwords(passwords: Mapping[str, str]) -> None:
    """Keep generated passwords, all or nothing, readable by us alone."""
    path = passwords_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(generated_passwords() | dict(passwords), file, indent=2)
    scratch.replace(path)


@transaction.atomic
def create_user(*, username: str, name: str, role: Role | None, superuser: bool = False) -> str:
    """Create a user with a generated password and a role; returns the password."""
    password = secrets.token_urlsafe(12)
    first, _space, last = name.partition(" ")
    user = User(
        username=username,
        first_name=first,
        last_name=last,
        email=f"{username}@example.org",
        is_staff=superuser or role in STAFF,
        is_superuser=superuser,
    )
    user.set_password(password)
    user.save()
    if role:
        user.groups.add(Group.objects.get(name=role.value))
    ledger.record(verb="user.created", subject=user, details={"role": role.value if role else "superuser"})
    return password


@transaction.atomic
def first_users() -> None:
    """Outside production, a fresh database gets an administrator, so that somebody can sign in."""
    if settings.DEVELOPMENT and not User.objects.exists():
        keep_passwords({"admin": create_user(username="admin", name="Ada Admin", role=None, superuser=True)})
