"""Which certificates are public, and what they add up to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from certification.enums import CertificateState
from certification.models import Certificate
from governance.models.choices import label
from governance.vocabulary import Tier
from plugins.enums import FORMATS
from plugins.models import PluginVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from django.contrib.auth.models import AnonymousUser

    from certification.models.certificates import CertificateQuerySet
    from governance.models import User
    from governance.policies import PublicRules

SOON = 30
"""Days within which a certificate counts as running out."""
UNREAD = ("envelope", "policy__rules", "version__metadata", "version__declaration")
"""Large columns that no list shows."""


class TierCount(NamedTuple):
    """How many public certificates of a tier are in force, and how many of them run out soon."""

    tier: str
    in_force: int
    soon: int


class Posture(NamedTuple):
    """What is in force in all, by tier and by format."""

    tiers: tuple[TierCount, ...]
    formats: Mapping[str, int]
    total: int

    @property
    def chart(self) -> dict[str, Any]:
        """The tiers as the page's script draws them."""
        lasting = [row.in_force - row.soon for row in self.tiers]
        series = [
            {"label": _("In force for longer"), "values": lasting, "tone": "good"},
            {"label": _("Ends within %(days)s days") % {"days": SOON}, "values": [row.soon for row in self.tiers],
             "tone": "warn"},
        ]  # fmt: skip
        return {"labels": [label(Tier(row.tier)) for row in self.tiers], "series": series}


def public(rules: PublicRules) -> CertificateQuerySet:
    """The certificates that the policy lets everybody see, with what pages say of them."""
    rows = Certificate.objects.select_related("version__plugin", "version__artifact", "policy").defer(*UNREAD)
    return shown(rows, rules)


def shown(rows: CertificateQuerySet, rules: PublicRules) -> CertificateQuerySet:
    """Those of some certificates that are public."""
    if rules.everything:
        return rows
    return rows.filter(tier__in=[tier.value for tier in rules.tiers], version__plugin__format__in=rules.shown(FORMATS))


def is_public(certificate: Certificate, rules: PublicRules) -> bool:
    """Whether everybody may see one certificate."""
    if rules.everything:
        return True
    return certificate.tier in rules.tiers and certificate.version.plugin.format in rules.shown(FORMATS)


def may_see(user: User | AnonymousUser, certificate: Certificate) -> bool:
    """Whether somebody sees a certificate that is not public: staff who may, and the plugin's owners."""
    if not user.is_authenticated:
        return False
    if user.has_perm("certification.view_certificate"):
        return True
    return PluginVersion.objects.visible_to(user).filter(pk=certificate.version_id).exists()


def matching(rows: CertificateQuerySet, *, query: str = "", tier: str = "", format_: str = "") -> CertificateQuerySet:
    """Those that a reader looks for: words or a digest, a tier, a format; what is empty narrows nothing."""
    if query:
        rows = rows.filter(
            Q(version__plugin__name__icontains=query)
            | Q(version__version__iexact=query)
            | Q(serial__iexact=query)
            | Q(sha256__startswith=query.lower())
        )
    if tier:
        rows = rows.filter(tier=tier)
    return rows.filter(version__plugin__format=format_) if format_ else rows


def not_in_force(rows: CertificateQuerySet, now: datetime) -> CertificateQuerySet:
    """Those that are worth nothing at a moment, or not yet."""
    return rows.exclude(state=CertificateState.ACTIVE, not_before__lte=now, not_after__gt=now)


def posture(rules: PublicRules, now: datetime) -> Posture:
    """What is in force, counted by one query."""
    soon = Count("pk", filter=Q(not_after__lte=now + timedelta(days=SOON)))
    rows = shown(Certificate.objects.valid_at(now), rules).order_by()
    found = list(rows.values_list("tier", "version__plugin__format").annotate(n=Count("pk"), soon=soon))
    tiers = tuple(
        TierCount(
            tier.value,
            sum(n for name, _format, n, _soon in found if name == tier),
            sum(soon for name, _format, _n, soon in found if name == tier),
        )
        for tier in Tier
    )
    formats: dict[str, int] = {}
    for _tier, name, n, _soon in found:
        formats[name] = formats.get(name, 0) + n
    return Posture(tiers, formats, sum(row.in_force for row in tiers))
