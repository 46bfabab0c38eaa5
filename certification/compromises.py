"""Which certificates a compromised key takes down with it, and setting them aside until they are issued anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from certification import certificates
from certification.enums import CertificateState
from certification.models import Certificate
from certification.verify.names import KeyStatus, Role
from governance.models import LedgerLeaf

if TYPE_CHECKING:
    from datetime import datetime

    from certification.verify.root import TrustRoot
    from governance.models import User


@dataclass(frozen=True, slots=True)
class Hit:
    """A certificate nobody can rely on any more, and why."""

    certificate: Certificate
    log_index: int | None
    """Where the log says it was issued; None where it does not."""
    reason: str


def hit(root: TrustRoot, *, now: datetime) -> list[Hit]:
    """Certificates in force or suspended that a compromised key signed, and not provably below its log cut-off."""
    cutoffs = {
        keyid: key.log_cutoff or 0
        for keyid, key in root.keys.items()
        if key.role is Role.CERTIFIER and key.status is KeyStatus.COMPROMISED
    }
    if not cutoffs:
        return []
    signed = list(
        Certificate.objects.live_at(now).filter(keyid__in=cutoffs).select_related("version__plugin").order_by("pk")
    )
    places = _places(signed)
    return [
        Hit(certificate, places.get(certificate.pk), _reason(certificate, cutoffs[certificate.keyid]))
        for certificate in signed
        if not 0 <= places.get(certificate.pk, -1) < cutoffs[certificate.keyid]
    ]


def _places(signed: list[Certificate]) -> dict[int, int]:
    """Certificate id -> log index of its issuing, in one query."""
    rows = LedgerLeaf.objects.filter(
        entry__verb="certificate.issued",
        entry__subject_type=Certificate._meta.label_lower,  # noqa: SLF001 - Django's public name
        entry__subject_id__in=[str(certificate.pk) for certificate in signed],
    )
    return {int(subject): index for subject, index in rows.values_list("entry__subject_id", "index")}


def _reason(certificate: Certificate, cutoff: int) -> str:
    return _("Signed with key %(keyid)s, which is compromised from log index %(cutoff)d on.") % {
        "keyid": certificate.keyid[:16],
        "cutoff": cutoff,
    }


def suspend_hit(root: TrustRoot, *, now: datetime, actor: User | None) -> tuple[int, list[str]]:
    """Suspend what is hit and still active, each for itself; gives how many, and what was refused."""
    count, refused = 0, []
    for found in hit(root, now=now):
        if found.certificate.state != CertificateState.ACTIVE:
            continue
        try:
            certificates.suspend(certificate=found.certificate, actor=actor, reason=found.reason)
            count += 1
        except certificates.CertificateRefused as refusal:
            refused.append(f"{found.certificate}: {refusal}")
    return count, refused
