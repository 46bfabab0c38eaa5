"""What the kernel does when Django reports something."""

from __future__ import annotations

from typing import Any

from governance.roles import sync_roles


def sync_roles_after_migrate(**_kwargs: Any) -> None:
    """Keep the role groups in step with the table of permissions, on every migrated database."""
    sync_roles()
