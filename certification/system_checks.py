"""System checks of the certification app: keys that run out say so when the portal starts."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.utils import timezone

from certification import key_report


@register()
def keys_last(**_kwargs: Any) -> list[CheckMessage]:
    """Keys and trust root hold for some weeks yet, and can be used."""
    hint = "`manage.py keys show` lists every key; docs/keys.md describes the rotation."
    return [Warning(line, hint=hint, id="certification.W001") for line in key_report.warnings(now=timezone.now())]
