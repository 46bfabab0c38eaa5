"""Keys and trust root in the admin: to be seen. Changes are made on the host, by `manage.py keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import compromises, key_report
from certification.admin.certificates import SUSPEND
from certification.attest.private_files import KeysRefusedError
from certification.enums import CertificateState
from certification.models import TrustRootVersion
from governance.admin.base import ReadOnlyAdmin, require, require_post
from governance.badges import state_badge
from governance.queue import enqueue

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

SHOWN = 20
"""Certificates named on the page where a compromise hits more."""
WORDS = {
    "active": gettext_lazy("Active"),
    "retired": gettext_lazy("Retired"),
    "compromised": gettext_lazy("Compromised"),
}
ANSWERS = {
    "suspend_hit": gettext_lazy("The worker suspends them now; reload the page to see how far it is."),
    "reissue_hit": gettext_lazy("The worker issues them anew now; reload the page to see how far it is."),
}


@admin.register(TrustRootVersion)
class TrustRootVersionAdmin(ReadOnlyAdmin[TrustRootVersion]):
    """The keys in force, and below them every version of the trust root."""

    empty_text = gettext_lazy("`manage.py prepare` writes the first one down.")
    list_display = ("name", "environment", "digest", "noted_at")
    list_before_template = "admin/certification/trustrootversion/keys.html"
    fields = ("version", "environment", "sha256", "noted_at", "download")
    readonly_fields = ("download",)

    @admin.display(description=gettext_lazy("Version"), ordering="version")
    def name(self, row: TrustRootVersion) -> str:
        """Its name."""
        return str(row)

    @admin.display(description=gettext_lazy("SHA-256"))
    def digest(self, row: TrustRootVersion) -> SafeString:
        """What to compare a copy with."""
        return format_html('<span class="pw-mono">{}</span>', row.sha256)

    @admin.display(description=gettext_lazy("Document"))
    def download(self, row: TrustRootVersion) -> SafeString:
        """Where everybody can fetch it."""
        address = reverse("certification:older_trust_root", args=[row.version])
        return format_html('<a class="pw-link" href="{}">{}</a>', address, _("Download the trust root"))

    def get_urls(self) -> list[URLPattern]:
        """Django's, and one to answer a compromise."""
        answer = self.admin_site.admin_view(self.answer_view)
        return [path("answer/", answer, name="certification_trustrootversion_answer"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The keys as they are now, above the list of versions."""
        now = timezone.now()
        extra: dict[str, Any] = {"title": _("Keys and trust root")}
        try:
            extra["report"] = report = key_report.report(now=now)
            hits = compromises.hit(report.root, now=now)
        except KeysRefusedError as refusal:
            extra["refusal"] = str(refusal)
        else:
            extra |= {
                "key_rows": [(line, state_badge(line.status, WORDS[line.status])) for line in report.keys],
                "hits": hits[:SHOWN],
                "hit_count": len(hits),
                "active_hits": sum(hit.certificate.state == CertificateState.ACTIVE for hit in hits),
                "reissuable": sum(hit.may_be_reissued for hit in hits),
                "may_suspend": request.user.has_perm(SUSPEND),
            }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def answer_view(self, request: SignedInRequest) -> HttpResponse:
        """Hand the certificates that a compromised key takes down to the worker."""
        require(request, "certification.view_trustrootversion", SUSPEND)
        require_post(request)
        wanted = request.POST.get("answer", "")
        if wanted in ANSWERS:
            enqueue(f"certification.tasks.{wanted}", actor_id=request.user.pk)
            self.message_user(request, ANSWERS[wanted], messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:certification_trustrootversion_changelist"))
