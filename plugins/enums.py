"""States and choices of the plugins app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from plugins import formats
from plugins.detection.rule import Kind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Standing(TextChoices):
    """What the platform may think of a plugin as a whole; written by `plugins.services.set_standing` only."""

    UNVETTED = "unvetted", _("Not vetted yet")
    IN_REVIEW = "in_review", _("In review")
    CERTIFIED = "certified", _("Certified")
    SUSPENDED = "suspended", _("Suspended")
    REFUSED = "refused", _("Refused")
    LAPSED = "lapsed", _("Certificate expired")


class VersionState(TextChoices):
    """States of a version."""

    SUBMITTED = "submitted", _("Submitted")
    VETTING = "vetting", _("Vetting")
    IN_REVIEW = "in_review", _("In review")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    QUARANTINED = "quarantined", _("Quarantined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


SET_ASIDE = (VersionState.REJECTED, VersionState.QUARANTINED, VersionState.WITHDRAWN)
"""States in which no certificate of a version lets it run."""


class RunState(TextChoices):
    """States of a vetting run."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")
    ERRORED = "errored", _("Errored")
    CANCELLED = "cancelled", _("Cancelled")


RUN_OPEN = (RunState.QUEUED, RunState.RUNNING)
RUN_ENDED = (RunState.PASSED, RunState.FAILED, RunState.INCONCLUSIVE, RunState.ERRORED, RunState.CANCELLED)


class Trigger(TextChoices):
    """Why a vetting run was made."""

    SUBMISSION = "submission", _("Submission")
    REVIEWER = "reviewer", _("Asked for by a reviewer")
    SCHEDULE = "schedule", _("Revalidation by schedule")
    ADVISORY = "advisory", _("New advisory")
    RETRY = "retry", _("Retry after an error")
    DETECTION = "detection", _("Hit by a detection rule")
    WAIVER = "waiver", _("A waiver began or ended")
    FILE = "file", _("A file was decided about")
    EVENT = "event", _("Revalidation by an event")
    ORIGIN = "origin", _("Proof of origin was handed in")


RENEWALS = (Trigger.SCHEDULE, Trigger.ADVISORY, Trigger.DETECTION, Trigger.EVENT)
"""Runs after which certification decides between renewal and review."""
SWEEPS = (*RENEWALS, Trigger.FILE)
"""Runs the portal asks for by itself, many at once: they give way to those somebody waits for."""
REUSING = (*SWEEPS, Trigger.WAIVER)
"""Runs that look anew only at what could come out otherwise."""


class Triage(TextChoices):
    """What a reviewer thinks of an issue. It changes no verdict: what counts nowhere has a waiver."""

    CONFIRMED = "confirmed", _("Confirmed")
    FALSE_ALARM = "false_alarm", _("Likely a false alarm")
    NEEDS_OWNER = "needs_owner", _("The owner has to answer")
    OPEN = "open", _("Not triaged")


class WaiverState(TextChoices):
    """States of a waiver."""

    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved, not begun")
    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


WAIVER_OPEN = (WaiverState.PROPOSED, WaiverState.APPROVED, WaiverState.ACTIVE)


class FileVerdict(TextChoices):
    """What is decided about a file."""

    BLOCK = "block", _("Blocked")
    ALLOW = "allow", _("Allowed")


class RulingState(TextChoices):
    """States of a file decision."""

    PROPOSED = "proposed", _("Waits for a second person")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


class Outcome(TextChoices):
    """How a criterion came out."""

    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")
    UNANSWERED = "unanswered", _("Unanswered")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class RuleState(TextChoices):
    """States of a detection rule's revision."""

    DRAFT = "draft", _("Draft")
    MONITOR = "monitor", _("Monitored")
    ENFORCED = "enforced", _("Enforced")
    RETIRED = "retired", _("Retired")


RULE_IN_USE = (RuleState.MONITOR, RuleState.ENFORCED)


class HuntState(TextChoices):
    """States of a hunt, and of each of its batches."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


HUNT_OPEN = (HuntState.QUEUED, HuntState.RUNNING)


class HuntScope(TextChoices):
    """What a hunt looks through."""

    ALL = "all", _("All stored versions")
    CERTIFIED = "certified", _("Certified versions only")


RULE_KINDS: dict[str, _StrPromise] = {
    Kind.AST_GREP.value: _("Syntax of code (ast-grep)"),
    Kind.YARA.value: _("YARA"),
    Kind.REGEX.value: _("Regular expression"),
    Kind.HOST.value: _("Hosts"),
    Kind.DEPENDENCY.value: _("Dependencies"),
}
"""The kinds of detection rules, in words."""

FORMATS: dict[str, _StrPromise] = {known.name: _(known.label) for known in formats.FORMATS}
"""The formats of `plugins.formats`, in words."""

FACTORS: dict[str, _StrPromise] = {
    "findings": _("Findings"),
    "dependencies": _("Dependencies"),
    "capabilities": _("Capabilities"),
    "undeclared": _("Undeclared use"),
    "missing_evidence": _("Missing evidence"),
    "opaque": _("Opaque code"),
    "provenance": _("Unproven origin"),
    "publisher": _("Publisher's record"),
    "reach": _("Reach"),
    "licences": _("Licences"),
}
"""The factors of `plugins.risk`, in words."""


def factor_label(code: str) -> str:
    """A factor in words; one nobody named by its code."""
    return str(FACTORS.get(code, code))
