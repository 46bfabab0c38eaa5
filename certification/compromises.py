"""Which certificates a compromised key takes down with it, and setting them aside until they are issued anew."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certification import certificates
from certification.attest.private_files import KeysRefusedError
from certification.enums import CertificateState, ReasonClass
from certification.keyring import keys
from certification.models import Certificate
from certification.verify.names import KeyStatus, Role
from governance.models import LedgerLeaf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from certification.models.certificates import CertificateQuerySet
    from certification.verify.root import TrustRoot
    from governance.models import User


@dataclass(frozen=True, slots=True)
class Hit:
    """A certificate nobody can rely on any more, and why."""

    certificate: Certificate
    log_index: int | None
    """Where the log says it was issued; None where it does not."""
    reason: str

    @property
    def may_be_reissued(self) -> bool:
        """Whether its key is all that is wrong with it: it is active, or suspended for its key."""
        certificate = self.certificate
        for_its_key = certificate.reason_class == ReasonClass.KEY_COMPROMISE
        return certificate.state == CertificateState.ACTIVE or (
            certificate.state == CertificateState.SUSPENDED and for_its_key
        )


def why_hit(certificate: Certificate) -> str:
    """Why nobody can rely on the key of a live certificate any more; empty where one can, or no key can be read."""
    try:
        root = keys().trust_root
    except KeysRefusedError:
        return ""
    found = hit(root, now=timezone.now(), among=Certificate.objects.filter(pk=certificate.pk))
    return found[0].reason if found else ""


def hit(root: TrustRoot, *, now: datetime, among: CertificateQuerySet | None = None) -> list[Hit]:
    """Certificates in force or suspended that a compromised key signed, and not provably below its log cut-off."""
    cutoffs = {
        keyid: key.log_cutoff or 0
        for keyid, key in root.keys.items()
        if key.role is Role.CERTIFIER and key.status is KeyStatus.COMPROMISED
    }
    if not cutoffs:
        return []
    found = Certificate.objects.all() if among is None else among
    signed = list(found.live_at(now).filter(keyid__in=cutoffs).select_related("version__plugin").order_by("pk"))
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


def suspend_hit(*, actor: User | None) -> Answer:
    """Suspend what is hit and still active, each for itself. Raises KeysRefusedError."""
    answer = Answer()
    for found in hit(keys().trust_root, now=timezone.now()):
        if found.certificate.state == CertificateState.ACTIVE:
            with answer.to(found):
                _suspend(found, actor)
    return answer


def reissue_hit(*, actor: User | None) -> Answer:
    """Sign anew what is hit, with the key in force, on the same grounds and for no longer; each for itself.

    What has lost its grounds since is suspended. What was suspended for another reason stays so: its key is not what
    is wrong with it. Raises KeysRefusedError.
    """
    answer = Answer()
    for found in hit(keys().trust_root, now=timezone.now()):
        if not found.may_be_reissued:
            continue
        with answer.to(found):
            try:
                _reissue(found, actor)
            except certificates.CertificateRefused:
                if found.certificate.state == CertificateState.ACTIVE:
                    _suspend(found, actor)
                raise
    return answer


def _suspend(found: Hit, actor: User | None) -> None:
    """Raises CertificateRefused."""
    certificates.suspend(
        certificate=found.certificate, actor=actor, reason=found.reason, reason_class=ReasonClass.KEY_COMPROMISE
    )


@transaction.atomic
def _reissue(found: Hit, actor: User | None) -> None:
    """Raises CertificateRefused."""
    old = (
        Certificate.objects.select_for_update()
        .select_related("version__plugin", "version__artifact", "run")
        .get(pk=found.certificate.pk)
    )
    if not Hit(old, found.log_index, found.reason).may_be_reissued:
        raise certificates.CertificateRefused(_("It was changed meanwhile."))
    certificates.issue(version=old.version, run=old.run, decision=old.decision, actor=actor, anew=old)


@dataclass(slots=True)
class Answer:
    """What became of the certificates that were hit."""

    done: int = 0
    refused: list[str] = field(default_factory=list)
    """A sentence for each that could not be changed."""

    @contextmanager
    def to(self, found: Hit) -> Iterator[None]:
        """Count what the block does to one certificate; what is refused about it stops no other."""
        try:
            yield
        except certificates.CertificateRefused as refusal:
            self.refused.append(f"{found.certificate}: {refusal}")
        else:
            self.done += 1
