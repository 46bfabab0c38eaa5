"""From what the database holds about a digest to the answer: nothing is allowed that nothing speaks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from certification.enums import CERTIFICATE_LIVE, CertificateState
from governance.api import written
from plugins.enums import VersionState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LONGEST_FRESH = 10
"""Seconds an answer may be kept; fewer where it changes sooner by itself."""
BLOCKED = "blocked"
"""What `Evidence.state` says of a blocked file, for which no certificate speaks."""

BARRED = {
    VersionState.QUARANTINED.value: "The version is quarantined.",
    VersionState.WITHDRAWN.value: "The owner has withdrawn the version.",
    VersionState.REJECTED.value: "The version was rejected.",
}
"""States of a version in which no certificate of it lets it run."""
ENDED = {
    CertificateState.SUSPENDED.value: "The certificate is suspended.",
    CertificateState.REVOKED.value: "The certificate was revoked.",
    CertificateState.EXPIRED.value: "The certificate has expired.",
}
LIVE = frozenset(state.value for state in CERTIFICATE_LIVE)


class Evidence(NamedTuple):
    """One row about a digest: a certificate, or that the file is blocked."""

    sha256: str
    state: str
    id: int = 0
    serial: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    conditions: str = ""
    demo: bool = False
    version_state: str = ""


class Answer(NamedTuple):
    """The answer about a digest. `changes_at` is when it changes by itself, if it does."""

    sha256: str
    allowed: bool
    state: str
    reason: str
    certificate: Evidence | None = None
    changes_at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """The answer as JSON says it. Times are UTC; a moment equal to `notAfter` is past the end."""
        known = self.certificate or Evidence(self.sha256, self.state)
        return {
            "sha256": self.sha256,
            "allowed": self.allowed,
            "state": self.state,
            "serial": known.serial,
            "notBefore": written(known.not_before) if known.not_before else None,
            "notAfter": written(known.not_after) if known.not_after else None,
            "conditions": known.conditions.splitlines(),
            "demo": known.demo,
            "reason": self.reason,
        }

    def fresh_for(self, now: datetime) -> int:
        """Whole seconds for which the answer may be kept."""
        if self.changes_at is None:
            return LONGEST_FRESH
        return max(0, min(LONGEST_FRESH, int((self.changes_at - now).total_seconds())))


def judge(sha256: str, found: Sequence[Evidence], *, now: datetime, demo: bool) -> Answer:
    """The answer about a digest, from all rows about it at this moment.

    Args:
        sha256: the digest, in lower case.
        found: the rows, in any order.
        now: the moment asked about.
        demo: whether this is the demo, where alone its certificates count.
    """
    certificate = _telling([one for one in found if one.state != BLOCKED])
    if any(one.state == BLOCKED for one in found):
        return Answer(sha256, False, BLOCKED, "The file is blocked on this platform.", certificate)  # noqa: FBT003
    if certificate is None:
        return Answer(sha256, False, "unknown", "Not allowed: unknown.")  # noqa: FBT003
    state, reason, changes_at = _standing(certificate, now=now, demo=demo)
    return Answer(sha256, state == CertificateState.ACTIVE.value, state, reason, certificate, changes_at)


def _telling(certificates: Sequence[Evidence]) -> Evidence | None:
    """The certificate that counts: one that is active or suspended, of which there is one at most; else the newest."""
    return max(certificates, key=lambda one: (one.state in LIVE, one.id), default=None)


def _standing(certificate: Evidence, *, now: datetime, demo: bool) -> tuple[str, str, datetime | None]:
    """State, reason, and when that changes by itself."""
    not_before, not_after = certificate.not_before, certificate.not_after
    assert not_before is not None and not_after is not None  # noqa: S101, PT018 - a certificate has both
    if certificate.state in LIVE and not_after <= now:
        return CertificateState.EXPIRED.value, ENDED[CertificateState.EXPIRED.value], None
    if certificate.state != CertificateState.ACTIVE.value:
        return certificate.state, ENDED[certificate.state], not_after if certificate.state in LIVE else None
    if certificate.version_state in BARRED:
        return certificate.version_state, BARRED[certificate.version_state], not_after
    if certificate.demo and not demo:
        return "demo", "The certificate was signed with a demo key and is worth nothing here.", not_after
    if now < not_before:
        return "not_yet_valid", "The certificate is not valid yet.", not_before
    return CertificateState.ACTIVE.value, "Certified.", not_after
