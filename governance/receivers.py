"""What the kernel does when Django reports something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.ledger import history
from governance.roles import sync_roles

if TYPE_CHECKING:
    from collections.abc import Sequence


def sync_roles_after_migrate(**_kwargs: Any) -> None:
    """Keep the role groups in step with the table of permissions, on every migrated database."""
    sync_roles()


def log_history_row(*, history_instance: Any, **_kwargs: Any) -> None:
    """Put the digest of a new history row into the ledger."""
    history.log_rows([history_instance])


def log_history_rows(*, rows: Sequence[Any], **_kwargs: Any) -> None:
    """The same for rows written in bulk."""
    history.log_rows(rows)
