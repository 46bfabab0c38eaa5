"""States and choices of the certification app."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ReviewState(TextChoices):
    """States of a review."""

    OPEN = "open", _("Open")
    CLAIMED = "claimed", _("Claimed")
    SECOND_APPROVAL = "second_approval", _("Waiting for a second approval")
    DECIDED = "decided", _("Decided")
    CLOSED = "closed", _("Closed without a decision")


REVIEW_OPEN = (ReviewState.OPEN, ReviewState.CLAIMED, ReviewState.SECOND_APPROVAL)


class ReviewKind(TextChoices):
    """Why a human looks."""

    INITIAL = "initial", _("First certification")
    RENEWAL = "renewal", _("Renewal")
    ADVISORY = "advisory", _("New advisory")


class DecisionOutcome(TextChoices):
    """What a reviewer decided."""

    APPROVE = "approve", _("Approve")
    REQUEST_CHANGES = "request_changes", _("Request changes")
    REJECT = "reject", _("Reject")


class CertificateState(TextChoices):
    """States of a certificate. Expiry needs no job: see `Certificate.effective_state`."""

    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Superseded")


CERTIFICATE_LIVE = (CertificateState.ACTIVE, CertificateState.SUSPENDED)
"""States that end by themselves when the time has run out."""


class RecallState(TextChoices):
    """States of a certificate that platforms have to act on; the values are `CertificateState`'s."""

    SUSPENDED = CertificateState.SUSPENDED.value, _("Suspended")
    REVOKED = CertificateState.REVOKED.value, _("Revoked")


class ReasonClass(TextChoices):
    """Why a certificate is not in force, in one word: all that is published of what reviewers wrote about it."""

    VULNERABILITY = "vulnerability", _("A vulnerability")
    MALWARE = "malware", _("Malicious code")
    POLICY = "policy", _("The policy is not met")
    KEY_COMPROMISE = "key_compromise", _("A key may be in wrong hands")
    OWNER_REQUEST = "owner_request", _("The owner asked for it")
    SUPERSEDED = "superseded", _("A newer certificate")
    EXPIRED = "expired", _("Its time ran out")
    UNSPECIFIED = "unspecified", _("Not specified")


REASON_CHOSEN = (
    ReasonClass.VULNERABILITY,
    ReasonClass.MALWARE,
    ReasonClass.POLICY,
    ReasonClass.KEY_COMPROMISE,
    ReasonClass.OWNER_REQUEST,
    ReasonClass.UNSPECIFIED,
)
"""Those a person chooses from; the others follow from what happened."""


class ListedState(TextChoices):
    """What a status list says of a certificate. One that is listed no more is in force again."""

    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Superseded")
    UNLISTED = "unlisted", _("Listed no more")


class RevalidationState(TextChoices):
    """States of a revalidation."""

    RUNNING = "running", _("Running")
    RENEWED = "renewed", _("Renewed")
    SENT_TO_REVIEW = "sent_to_review", _("Sent to review")
    FAILED = "failed", _("Failed")


class RevalidationTrigger(TextChoices):
    """Why a certificate is revalidated."""

    SCHEDULE = "schedule", _("Due by its tier")
    ADVISORY = "advisory", _("Hit by an advisory")
    DETECTION = "detection", _("Hit by a detection rule")
    EVENT = "event", _("Something happened")
