"""The demo's platforms: two that ask for admission, and a recall that one of them has acknowledged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from audits.demo import people
from certification import certificates, recalls
from certification.enums import CertificateState
from certification.models import Acknowledgement
from governance.models import ApiToken
from governance.roles import Role
from governance.services.tokens import create_token
from governance.tokens import Scope

if TYPE_CHECKING:
    from certification.models import Certificate
    from governance.models import User

HEEDING = people.Person("node-red.platform", "Node-RED production", Role.PLATFORM)
SILENT = people.Person("n8n.platform", "n8n production", Role.PLATFORM)
PLATFORMS = (HEEDING, SILENT)
DAYS = 90


def everybody() -> None:
    """Make the accounts. Nobody keeps their tokens: who wants to ask makes one in the admin."""
    for platform in PLATFORMS:
        people.user(platform)


def recall(certificate: Certificate) -> None:
    """Suspend a certificate; one platform acknowledges it and the other one does not."""
    lead = people.user(people.LEAD)
    if certificate.current_state == CertificateState.ACTIVE:
        certificates.suspend(
            certificate=certificate, actor=lead, reason="The owner is asked where the invoices are kept."
        )
    token = _token(people.user(HEEDING), lead)
    if not Acknowledgement.objects.filter(recall__certificate=certificate).exists():
        recalls.acknowledge(token=token, serials=[certificate.serial])


def _token(user: User, lead: User) -> ApiToken:
    known = ApiToken.objects.filter(user=user).first()
    if known:
        return known
    ends_on = timezone.localdate() + timedelta(days=DAYS)
    token, _text = create_token(name="Node-RED, production", user=user, scopes=[*Scope], ends_on=ends_on, actor=lead)
    return token
