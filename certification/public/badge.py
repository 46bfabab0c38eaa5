"""Badges: a small picture that says what a certificate, or the best one of a plugin, is worth now. SVG 1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Case, Value, When
from django.utils.html import escape
from django.utils.translation import gettext as _

from certification.enums import CERTIFICATE_LIVE, CertificateState

if TYPE_CHECKING:
    from datetime import datetime

    from certification.models import Certificate
    from certification.models.certificates import CertificateQuerySet

LABEL = "plugwarden"
LABEL_COLOUR = "#3b3f45"
COLOURS = {
    CertificateState.ACTIVE: "#1e7a34",
    CertificateState.SUSPENDED: "#8a5a00",
    CertificateState.REVOKED: "#b3261e",
}
QUIET = "#5f6368"
"""Of all that says nothing. White on each of these has a contrast of 5 to 1 and more."""
NARROW, WIDE = frozenset("fijlrt.,:;'|!()[]- 1"), frozenset("mwMW@")
PAD = 6


class Badge(NamedTuple):
    """What a badge says: `text` in the picture, `title` for who does not see it."""

    text: str
    title: str
    colour: str

    def svg(self) -> str:
        """The picture, 20 pixels high. Text lengths are given, so that any font fits."""
        left, right = _width(LABEL), _width(self.text)
        start, whole = left + 2 * PAD, left + right + 4 * PAD
        title, text = escape(self.title), escape(self.text)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" viewBox="0 0 {whole} 20" role="img"'
            f' aria-label="{title}"><title>{title}</title>'
            f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>'
            f'<g clip-path="url(#r)"><rect width="{start}" height="20" fill="{LABEL_COLOUR}"/>'
            f'<rect x="{start}" width="{right + 2 * PAD}" height="20" fill="{self.colour}"/></g>'
            '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
            f'<text x="{PAD}" y="14" textLength="{left}" lengthAdjust="spacingAndGlyphs">{LABEL}</text>'
            f'<text x="{start + PAD}" y="14" textLength="{right}" lengthAdjust="spacingAndGlyphs">{text}</text>'
            "</g></svg>"
        )


def unknown() -> Badge:
    """Of what is not certified, not public, or not there: which of them is nobody's business."""
    return Badge(_("not certified"), _("Plugwarden: no public certificate is known."), QUIET)


def of_certificate(certificate: Certificate, now: datetime) -> Badge:
    """What one certificate is worth at a moment. It needs the version and plugin with it."""
    state = certificate.effective_state(now)
    if state == CertificateState.ACTIVE and certificate.not_before > now:
        text, colour = _("not valid yet"), QUIET
    elif state == CertificateState.ACTIVE:
        text, colour = _("certified until %(day)s") % {"day": f"{certificate.not_after:%Y-%m-%d}"}, COLOURS[state]
    else:
        text, colour = str(state.label).lower(), COLOURS.get(state, QUIET)
    version = certificate.version
    name = printable(f"{version.plugin.name} {version.version}")
    return Badge(text, _("Plugwarden: %(name)s, %(text)s") % {"name": name, "text": text}, colour)


def of_plugin(rows: CertificateQuerySet, now: datetime) -> Badge:
    """What certificates of one plugin say at a moment: the best in force, else a suspended one, else the last."""
    rank = Case(
        When(state=CertificateState.ACTIVE, not_before__lte=now, not_after__gt=now, then=Value(0)),
        When(state__in=CERTIFICATE_LIVE, not_after__gt=now, then=Value(1)),
        default=Value(2),
    )
    best = rows.annotate(rank=rank).order_by("rank", "-not_after", "-pk").first()
    return unknown() if best is None else of_certificate(best, now)


def printable(text: str) -> str:
    """A stranger's text without the characters that no XML may hold."""
    return "".join(letter for letter in text if letter.isprintable())


def _width(text: str) -> int:
    """About how many pixels a text takes at 11 pixels of Verdana."""
    return round(sum(4.2 if letter in NARROW else 10 if letter in WIDE else 6.9 for letter in text))
