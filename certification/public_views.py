"""What everybody may see: which plugins are certified. The files that prove it are in `trust_views`.

A certificate's state is always taken at the moment of looking. Free text of reviewers is not published: the public is
told what a state means for them, not what was written about the owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from certification.enums import CertificateState
from certification.models import Certificate, CheckAttestation
from certification.public.badge import of_certificate
from certification.public.feeds import absolute
from certification.public.listing import (
    SOON,
    UNREAD,
    is_public,
    matching,
    may_see,
    not_in_force,
    posture,
    public,
    shown,
)
from governance.models.choices import label
from governance.services import published_public_rules
from governance.vocabulary import Tier
from plugins.enums import FORMATS

if TYPE_CHECKING:
    from governance.policies import PublicRules

ASKED = ("q", "tier", "format")
"""What a reader may look for, by its name in the address."""
PER_PAGE = 30
FRESH = 60
"""Seconds a shared cache may keep a page that can change at any moment: a revocation must show."""
LONGEST_SEARCH = 200


@require_safe
@conditional_page
def status(request: HttpRequest) -> HttpResponse:
    """The certificates in force; with `show=past` those that are not any more; what they add up to beside it."""
    now, rules = timezone.now(), published_public_rules()
    past = request.GET.get("show") == "past"
    wanted = _wanted(request)
    found = matching(public(rules), **wanted)
    in_force, ended = found.valid_at(now), not_in_force(found, now)
    page = Paginator(ended if past else in_force, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"certificate": row, "state": row.effective_state(now)} for row in page.object_list],
        "past": past,
        "query": wanted["query"],
        "tier": wanted["tier"],
        "format": wanted["format_"],
        "narrowed": any(wanted.values()),
        "asked": urlencode({name: request.GET[name] for name in ASKED if request.GET.get(name)}),
        "tiers": [(tier.value, label(tier)) for tier in Tier],
        "formats": [(name, str(FORMATS[name])) for name in rules.shown(FORMATS)],
        "others": (in_force if past else ended).count(),
        "posture": posture(rules, now),
        "soon_days": SOON,
    }
    return _cached(request, render(request, "status/status.html", context))


@require_safe
@conditional_page
def certificate(request: HttpRequest, serial: str) -> HttpResponse:
    """One certificate: what it says, what it is worth now, how to check it offline, and how to show it elsewhere."""
    everything = Certificate.objects.select_related("version__plugin", "version__artifact", "policy").defer(*UNREAD)
    found = get_object_or_404(everything, serial=serial)
    rules = published_public_rules()
    listed = is_public(found, rules)
    if not listed and not may_see(request.user, found):
        raise Http404(_("There is no such certificate."))
    now, plugin = timezone.now(), found.version.plugin
    state = found.effective_state(now)
    context = {
        "certificate": found,
        "listed": listed,
        "state": state,
        "state_text": state.label,
        "in_force": state == CertificateState.ACTIVE and found.not_before <= now,
        "meaning": _meaning(state),
        "replaced_by": _successor(found, rules) if state != CertificateState.ACTIVE else None,
        "page_url": absolute("certification:certificate", found.serial),
        "badge_url": absolute("certification:badge", found.serial),
        "plugin_badge_url": _in_markdown(absolute("certification:plugin_badge", plugin.format, plugin.name)),
        "badge": of_certificate(found, now),
        "results": CheckAttestation.objects.filter(run=found.run_id, keyid=found.keyid).only("code", "sha256"),
    }
    return _cached(request, render(request, "status/certificate.html", context))


def _wanted(request: HttpRequest) -> dict[str, str]:
    """What the reader looks for; a tier or format there is not counts as not asked for."""
    tier, name = request.GET.get("tier", ""), request.GET.get("format", "")
    return {
        "query": request.GET.get("q", "").strip()[:LONGEST_SEARCH],
        "tier": tier if tier in set(Tier) else "",
        "format_": name if name in FORMATS else "",
    }


def _in_markdown(address: str) -> str:
    """An address as Markdown takes it: a bracket in a name would end it."""
    return address.replace("(", "%28").replace(")", "%29")


def _successor(old: Certificate, rules: PublicRules) -> Certificate | None:
    """A public certificate of the same plugin that is in force, where this one is not."""
    rows = shown(Certificate.objects.valid_at(timezone.now()), rules).filter(version__plugin=old.version.plugin_id)
    return rows.select_related("version").defer("envelope").first()


def _meaning(state: CertificateState) -> str:
    match state:
        case CertificateState.ACTIVE:
            return _("This exact file may run on the platform within the conditions below.")
        case CertificateState.SUSPENDED:
            return _("Set aside while something is looked into. Do not run it until the suspension has ended.")
        case CertificateState.REVOKED:
            return _("Taken back for good by the reviewers. Do not run it.")
        case CertificateState.EXPIRED:
            return _("Its time has run out and it was not renewed. It says nothing about the file any more.")
        case CertificateState.SUPERSEDED:
            return _("A newer certificate has taken its place.")


def _cached(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Public for who has not signed in; the page of a signed-in user names them."""
    if request.user.is_authenticated:
        patch_cache_control(response, private=True, max_age=0, must_revalidate=True)
    else:
        patch_cache_control(response, public=True, max_age=FRESH)
    return response
