"""System checks of the plugins app: a wrong setting says so when the portal starts, not only in each report."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register

from plugins.config import provenance_trust


@register()
def provenance_trust_can_be_read(**_kwargs: Any) -> list[CheckMessage]:
    """A trust file that cannot be used trusts nobody, so nothing would be verified."""
    problem = provenance_trust().problem
    if not problem:
        return []
    hint = "PLUGWARDEN_PROVENANCE_TRUST names it; docs/provenance.md describes its form."
    return [Warning(problem, hint=hint, id="plugins.W001")]
