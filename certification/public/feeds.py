"""What changed about public certificates, newest first: JSON Feed 1.1 and Atom (RFC 4287).

One item a certificate, its id the address of its page, so that a reader that knows it sees what has become of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from certification.enums import CertificateState
from certification.models import Certificate
from certification.public.badge import printable
from certification.public.listing import public
from governance.api import written
from governance.models.choices import label
from governance.vocabulary import Tier

if TYPE_CHECKING:
    from governance.policies import PublicRules

ITEMS = 50
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without items changed: the same answer every time."""


class Item(NamedTuple):
    """A certificate as a feed tells it."""

    certificate: Certificate
    state: CertificateState
    updated: datetime

    @property
    def url(self) -> str:
        """The address of its page, which is its id too."""
        return absolute("certification:certificate", self.certificate.serial)

    @property
    def title(self) -> str:
        """What happened to which version."""
        version = self.certificate.version
        name = printable(f"{version.plugin.name} {version.version}")
        return f"{name}: {str(self.state.label).lower()}"

    @property
    def text(self) -> str:
        """The certificate in a sentence."""
        certificate = self.certificate
        return _(
            "Certificate %(serial)s of %(format)s, risk tier %(tier)s, valid until %(day)s under policy %(policy)s. "
            "SHA-256 %(sha256)s."
        ) % {
            "serial": certificate.serial,
            "format": certificate.version.plugin.format_label,
            "tier": str(label(Tier(certificate.tier))).lower(),
            "day": f"{certificate.not_after:%Y-%m-%d}",
            "policy": certificate.policy.version,
            "sha256": certificate.sha256,
        }


def items(rules: PublicRules, now: datetime) -> list[Item]:
    """The certificates that changed last, newest first: one query. States are as of now, changes by time too."""
    history = Certificate.history.model.objects
    last = history.filter(id=OuterRef("pk")).order_by("-history_date").values("history_date")[:1]
    rows = public(rules).annotate(changed=Subquery(last)).order_by("-changed", "-pk")[:ITEMS]
    found = [_item(row, now) for row in rows]
    return sorted(found, key=lambda item: (item.updated, item.certificate.pk), reverse=True)


def _item(certificate: Certificate, now: datetime) -> Item:
    state = certificate.effective_state(now)
    changed: datetime = certificate.changed  # type: ignore[attr-defined]
    ran_out = state == CertificateState.EXPIRED and certificate.state != state
    return Item(certificate, state, max(changed, certificate.not_after) if ran_out else changed)


def json_feed(found: list[Item]) -> dict[str, Any]:
    """The feed as https://www.jsonfeed.org/version/1.1/ has it; `_plugwarden` holds the facts for machines."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(),
        "home_page_url": absolute("certification:status"),
        "feed_url": absolute("certification:feed_json"),
        "description": _description(),
        "authors": [{"name": "Plugwarden", "url": settings.PORTAL_URL}],
        "items": [
            {
                "id": item.url,
                "url": item.url,
                "title": item.title,
                "content_text": item.text,
                "date_published": written(item.certificate.issued_at),
                "date_modified": written(item.updated),
                "tags": [item.state.value, item.certificate.tier, item.certificate.version.plugin.format],
                "_plugwarden": _facts(item),
            }
            for item in found
        ],
    }


def _facts(item: Item) -> dict[str, Any]:
    certificate = item.certificate
    return {
        "serial": certificate.serial,
        "plugin": certificate.version.plugin.name,
        "pluginVersion": certificate.version.version,
        "format": certificate.version.plugin.format,
        "sha256": certificate.sha256,
        "state": item.state.value,
        "tier": certificate.tier,
        "notBefore": written(certificate.not_before),
        "notAfter": written(certificate.not_after),
        "policy": certificate.policy.version,
        "demo": certificate.demo,
        "bundle": absolute("certification:bundle", certificate.serial),
        "proof": None if certificate.log_index is None else absolute("certification:proof", certificate.serial),
        "badge": absolute("certification:badge", certificate.serial),
    }


class _Feed(Atom1Feed):
    """Django's, which would say of an empty feed that it changes every moment."""

    def latest_post_date(self) -> datetime:
        """When the newest item changed."""
        return max((item["updateddate"] for item in self.items), default=NEVER)


def atom_feed(found: list[Item]) -> str:
    """The feed as Atom."""
    feed = _Feed(
        title=_title(),
        link=absolute("certification:status"),
        description=_description(),
        subtitle=_description(),
        feed_url=absolute("certification:feed_atom"),
        feed_guid=absolute("certification:feed_atom"),
        author_name="Plugwarden",
        author_link=settings.PORTAL_URL,
    )
    for item in found:
        feed.add_item(
            title=item.title,
            link=item.url,
            description=escape(item.text),  # its type is HTML
            unique_id=item.url,
            pubdate=item.certificate.issued_at,
            updateddate=item.updated,
            categories=[item.state.value, item.certificate.tier, item.certificate.version.plugin.format],
        )
    return str(feed.writeString("utf-8"))


def absolute(page: str, *parts: str) -> str:
    """An address of the portal as others see it."""
    portal: str = settings.PORTAL_URL
    return portal.rstrip("/") + reverse(page, args=parts)


def _title() -> str:
    return _("Certified plugins")


def _description() -> str:
    return _("Certificates of plugins as they are issued, suspended, reinstated, revoked or run out.")
