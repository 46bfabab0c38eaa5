"""All checks, one line each. Those of the first list start at once, in this order; the second reads what they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugins.checks.archive import ArchiveCheck
from plugins.checks.behaviour import BehaviourCheck
from plugins.checks.changes import ChangesCheck
from plugins.checks.completeness import CompletenessCheck
from plugins.checks.declaration import DeclarationCheck
from plugins.checks.dependencies import DependenciesCheck
from plugins.checks.detection import DetectionCheck
from plugins.checks.files import FilesCheck
from plugins.checks.licences import LicencesCheck
from plugins.checks.malware import MalwareCheck
from plugins.checks.provenance import ProvenanceCheck
from plugins.checks.secrets import SecretsCheck
from plugins.checks.static import StaticCheck

if TYPE_CHECKING:
    from plugins.checks.base import Check

CHECKS: tuple[Check, ...] = (  # the one whose engine takes longest to start first
    SecretsCheck(),
    BehaviourCheck(),
    StaticCheck(),
    DependenciesCheck(),
    MalwareCheck(),
    DetectionCheck(),
    ArchiveCheck(),
    ProvenanceCheck(),
    CompletenessCheck(),
    LicencesCheck(),
)
DECLARATION = DeclarationCheck()
CHANGES = ChangesCheck()
FILES = FilesCheck()
CODES: tuple[str, ...] = (*(check.code for check in CHECKS), DECLARATION.code, FILES.code, CHANGES.code)
VERSIONS: dict[str, str] = {
    **{check.code: check.version for check in CHECKS},
    **{check.code: check.version for check in (DECLARATION, FILES, CHANGES)},
}
"""The version of each check, by its code."""
SHOWN_ORDER = (
    "archive",
    "completeness",
    "declaration",
    "changes",
    "files",
    "static",
    "secrets",
    "dependencies",
    "licences",
    "malware",
    "detection",
    "behaviour",
    "provenance",
)
