"""The words every room shares, free of Django so that checks, engines and the verifier's tests can use them.

Values are stored, exported and signed: never change one, only add.
"""

from __future__ import annotations

from enum import StrEnum


def _(text: str) -> str:
    """Mark a label for translation; models wrap it with gettext_lazy (see `governance.models.choices`)."""
    return text


class Severity(StrEnum):
    """How bad a finding is, worst last; `rank` orders them."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position from 0 (info) to 4 (critical)."""
        return list(Severity).index(self)

    def at_least(self, other: Severity) -> bool:
        """Whether this severity is as bad as `other` or worse."""
        return self.rank >= other.rank


class CheckStatus(StrEnum):
    """What a check concluded. Only PASSED is a pass; everything unknown is INCONCLUSIVE or ERRORED."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    ERRORED = "errored"


class FindingState(StrEnum):
    """What a re-scan says of a finding, against the runs before. One that is gone is fixed, and no finding any more."""

    NEW = "new"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    RETURNED = "returned"


class Verdict(StrEnum):
    """What a whole vetting run concluded."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class Tier(StrEnum):
    """Risk tiers, lowest first."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position from 0 (low) to 3 (critical)."""
        return list(Tier).index(self)


class Capability(StrEnum):
    """Capability ids of the design, section 2: what a plugin can do on the platform."""

    NETWORK_OUTBOUND = "network.outbound"
    NETWORK_DOWNLOAD = "network.download"
    NETWORK_LISTEN = "network.listen"
    FILESYSTEM_READ = "filesystem.read"
    FILESYSTEM_WRITE = "filesystem.write"
    FILESYSTEM_DELETE = "filesystem.delete"
    PROCESS_SPAWN = "process.spawn"
    PROCESS_INSTALL_HOOK = "process.install-hook"
    PROCESS_SCHEDULE = "process.schedule"
    CODE_DYNAMIC = "code.dynamic"
    CODE_NATIVE = "code.native"
    ENV_READ = "env.read"
    SECRETS_READ = "secrets.read"
    CLIPBOARD_READ = "clipboard.read"
    DATABASE_ACCESS = "database.access"
    MESSAGING_SEND = "messaging.send"


LABELS: dict[StrEnum, str] = {
    Severity.INFO: _("Info"),
    Severity.LOW: _("Low"),
    Severity.MEDIUM: _("Medium"),
    Severity.HIGH: _("High"),
    Severity.CRITICAL: _("Critical"),
    CheckStatus.PASSED: _("Passed"),
    CheckStatus.FAILED: _("Failed"),
    CheckStatus.INCONCLUSIVE: _("Inconclusive"),
    CheckStatus.NOT_APPLICABLE: _("Not applicable"),
    CheckStatus.ERRORED: _("Errored"),
    FindingState.NEW: _("New"),
    FindingState.UNCHANGED: _("Unchanged"),
    FindingState.MOVED: _("Moved"),
    FindingState.RETURNED: _("Returned"),
    Verdict.PASSED: _("Passed"),
    Verdict.FAILED: _("Failed"),
    Verdict.INCONCLUSIVE: _("Inconclusive"),
    Tier.LOW: _("Low"),
    Tier.MODERATE: _("Moderate"),
    Tier.HIGH: _("High"),
    Tier.CRITICAL: _("Critical"),
    Capability.NETWORK_OUTBOUND: _("Calls other hosts"),
    Capability.NETWORK_DOWNLOAD: _("Downloads files or code"),
    Capability.NETWORK_LISTEN: _("Listens for connections"),
    Capability.FILESYSTEM_READ: _("Reads files"),
    Capability.FILESYSTEM_WRITE: _("Writes files"),
    Capability.FILESYSTEM_DELETE: _("Deletes files"),
    Capability.PROCESS_SPAWN: _("Starts other programs"),
    Capability.PROCESS_INSTALL_HOOK: _("Runs code when installed"),
    Capability.PROCESS_SCHEDULE: _("Schedules work"),
    Capability.CODE_DYNAMIC: _("Runs code made at run time"),
    Capability.CODE_NATIVE: _("Contains native code"),
    Capability.ENV_READ: _("Reads environment variables"),
    Capability.SECRETS_READ: _("Reads stored secrets"),
    Capability.CLIPBOARD_READ: _("Reads the clipboard"),
    Capability.DATABASE_ACCESS: _("Accesses databases"),
    Capability.MESSAGING_SEND: _("Sends messages"),
}
