"""Tasks of the worker for certification."""

from __future__ import annotations

from django.utils import timezone

from certification import revalidation


def revalidate_due() -> str:
    """Look for certificates that have to be re-earned; may run twice a day without harm."""
    broken: list[revalidation.Broken] = []
    started = revalidation.revalidate_due(today=timezone.now().date(), broken=broken)
    return f"{len(started)} revalidations started, {len(broken)} broken"
