"""The policy, open to everybody: owners read what will be asked, verifiers fetch what a certificate names."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from governance.canonical import canonical
from governance.models import PolicyState, PolicyVersion
from governance.policies import PolicyRules

if TYPE_CHECKING:
    from django.http import HttpRequest

OPEN = (PolicyState.PUBLISHED, PolicyState.RETIRED)
"""States in which a policy is or was in force; drafts are nobody else's business."""


@require_safe
def policy(request: HttpRequest, version: str = "") -> HttpResponse:
    """One policy version with its criteria by category; the one in force where none is named."""
    found = _find(version)
    rules = PolicyRules.from_dict(found.rules, validate=False)
    ordered = sorted(rules.criteria, key=lambda rule: rule.category)
    context = {
        "policy": found,
        "tiers": [(tier.value, rule) for tier, rule in rules.tiers.items()],
        "categories": [(name, list(group)) for name, group in groupby(ordered, key=lambda rule: rule.category)],
        "blocking": sum(rule.blocking for rule in rules.criteria),
        "total": len(rules.criteria),
        "in_force": found.state == PolicyState.PUBLISHED,
    }
    return render(request, "policy/policy.html", context)


@require_safe
def policy_document(_request: HttpRequest, version: str) -> HttpResponse:
    """The very bytes whose SHA-256 certificates name as the policy's digest."""
    rules = PolicyRules.from_dict(_find(version).rules, validate=False)
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=f"policy-{version}.json")}
    return HttpResponse(canonical(rules.to_dict()), content_type="application/json", headers=headers)


def _find(version: str) -> PolicyVersion:
    known = PolicyVersion.objects.filter(state__in=OPEN)
    found = known.filter(version=version).first() if version else known.published().first()
    if found is None:
        raise Http404(_("There is no such policy version."))
    return found
