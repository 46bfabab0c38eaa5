"""Where reports and evidence files lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import storages

if TYPE_CHECKING:
    from django.core.files.storage import Storage


def report_storage() -> Storage:
    """The storage named `reports` in the settings."""
    return storages["reports"]
