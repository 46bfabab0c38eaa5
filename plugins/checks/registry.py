"""All checks, one line each. The first list runs in parallel, slowest first; the second reads what the first saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.checks.archive import ArchiveCheck
from plugins.checks.completeness import CompletenessCheck
from plugins.checks.declaration import DeclarationCheck
from plugins.checks.dependencies import DependenciesCheck
from plugins.checks.malware import MalwareCheck
from plugins.checks.secrets import SecretsCheck
from plugins.checks.static import StaticCheck

if TYPE_CHECKING:
    from plugins.checks.base import Check

CHECKS: tuple[Check, ...] = (
    StaticCheck(),
    DependenciesCheck(),
    SecretsCheck(),
    MalwareCheck(),
    ArchiveCheck(),
    CompletenessCheck(),
)
DECLARATION = DeclarationCheck()
CODES: tuple[str, ...] = (*(check.code for check in CHECKS), DECLARATION.code)
SHOWN_ORDER = ("archive", "completeness", "declaration", "static", "secrets", "dependencies", "malware")
