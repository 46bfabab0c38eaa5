"""What certification adds to the page of a version: its reviews, and its certificates with their downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from plugins.admin.sections import Section, register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from plugins.models import PluginVersion

SHOWN = 10


def certificates(request: HttpRequest, version: PluginVersion) -> Mapping[str, object] | None:
    """The newest certificates of the version."""
    if not request.user.has_perm("certification.view_certificate"):
        return None
    return {"certificates": version.certificates.defer("envelope")[:SHOWN]}


def reviews(request: HttpRequest, version: PluginVersion) -> Mapping[str, object] | None:
    """The newest reviews of the version, with their decisions."""
    if not request.user.has_perm("certification.view_review"):
        return None
    rows = version.reviews.select_related("reviewer").prefetch_related("decisions__decided_by", "decisions__criteria")
    return {"reviews": rows.order_by("-opened_at", "-id")[:SHOWN]}


register(Section("reviews", _("Reviews and decisions"), "admin/evidence/_reviews.html", reviews))
register(Section("certificates", _("Certificates and reports"), "admin/evidence/_certificates.html", certificates))
