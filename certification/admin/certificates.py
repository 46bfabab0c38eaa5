"""Certificates in the admin: seen as a reader must take them, moved only with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import certificates as services
from certification import compromises
from certification.admin.recalls import told
from certification.enums import CERTIFICATE_LIVE, REASON_CHOSEN, CertificateState
from certification.models import Certificate
from governance.admin.base import ReadOnlyAdmin, require
from governance.badges import badge, state_badge, tier_badge

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise
    from django.utils.safestring import SafeString

    from certification.models.certificates import CertificateQuerySet
    from governance.requests import SignedInRequest

SUSPEND = "certification.suspend_certificate"
REVOKE = "certification.revoke_certificate"
MOST = 50
"""Certificates moved at once."""


class Move(NamedTuple):
    """One thing that can be done to a certificate."""

    name: str
    title: _StrPromise
    effect: _StrPromise
    permission: str
    service: Callable[..., object]
    possible_from: tuple[CertificateState, ...]
    classed: bool = True
    """Whether the public is told a kind of reason."""


MOVES = {
    move.name: move
    for move in (
        Move(
            "suspend", gettext_lazy("Suspend"),
            gettext_lazy("The platform stops admitting the plugin at once. Can be undone."),
            SUSPEND, services.suspend, (CertificateState.ACTIVE,),
        ),
        Move(
            "reinstate", gettext_lazy("Reinstate"), gettext_lazy("The certificate is in force again."),
            SUSPEND, services.reinstate, (CertificateState.SUSPENDED,), classed=False,
        ),
        Move(
            "revoke", gettext_lazy("Revoke"), gettext_lazy("The certificate ends for good. This cannot be undone."),
            REVOKE, services.revoke, CERTIFICATE_LIVE,
        ),
    )
}  # fmt: skip


class ReasonForm(forms.Form):
    """Why a certificate is moved: in words for those concerned, and for an end also in one word for everybody."""

    reason_class = forms.ChoiceField(
        label=gettext_lazy("Kind of reason"),
        help_text=gettext_lazy("Published in the status list, for everybody to read."),
        choices=[("", gettext_lazy("Choose one"))] + [(kind.value, kind.label) for kind in REASON_CHOSEN],
        widget=forms.Select(attrs={"class": "pw-input"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Owner and auditors read it. It is not published."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "pw-input"}),
        max_length=4000,
    )

    def __init__(self, *args: Any, move: Move, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not move.classed:
            del self.fields["reason_class"]


class StateFilter(admin.SimpleListFilter):
    """By the state that is shown: what has run out is under expired."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's
        """All there are."""
        return CertificateState.choices

    def queryset(self, request: HttpRequest, queryset: CertificateQuerySet) -> CertificateQuerySet:  # type: ignore[override]  # noqa: ARG002 - ditto
        """Narrow down."""
        state = self.value()
        if state is None or state not in CertificateState.values:
            return queryset
        return queryset.in_state(CertificateState(state), timezone.now())


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin[Certificate]):
    """Certificates. What has run out is shown as expired, whether a job noted it or not."""

    empty_text = gettext_lazy("A certificate is issued when a review ends with an approval.")
    list_display = (
        "serial",
        "version",
        "state_shown",
        "tier_shown",
        "not_before",
        "not_after",
        "revalidate_on",
        "demo_shown",
    )
    list_filter = (StateFilter, "tier", "demo", "not_after")
    list_select_related = ("version__plugin",)
    search_fields = ("serial", "version__plugin__name", "version__version", "=sha256")
    search_help_text = gettext_lazy("Serial, plugin, version or SHA-256")
    actions = ("suspend", "reinstate", "revoke")
    fields = (
        "serial", "version", "state_shown", "reason_class", "state_reason", "tier_shown", "conditions", "not_before",
        "not_after", "revalidate_on", "platforms", "decision", "run", "policy", "sha256", "envelope_sha256",
        "log_index", "keyid", "demo_shown", "issued_at", "issued_by",
    )  # fmt: skip
    readonly_fields = ("state_shown", "tier_shown", "platforms", "demo_shown")
    change_form_template = "admin/certification/certificate/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        """Without the signed bytes."""
        return super().get_queryset(request).defer("envelope")

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, certificate: Certificate) -> SafeString:
        """The state as of now."""
        state = certificate.effective_state(timezone.now())
        return state_badge(state, state.label)

    @admin.display(description=gettext_lazy("Risk tier"), ordering="tier")
    def tier_shown(self, certificate: Certificate) -> SafeString:
        """The tier it was issued for."""
        return tier_badge(certificate.tier)

    @admin.display(description=gettext_lazy("Key"), ordering="demo")
    def demo_shown(self, certificate: Certificate) -> SafeString:
        """Says so where the key is the demo's."""
        return badge(_("Demo key"), "warn") if certificate.demo else badge(_("Signed"), "good")

    @admin.display(description=gettext_lazy("Platforms"))
    def platforms(self, certificate: Certificate) -> SafeString | str:
        """Which of them have said that they know of the last suspension or revocation."""
        return told(certificate)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and one for each move."""
        view = self.admin_site.admin_view(self.move_view)
        own = [path(f"move/{name}/", view, {"name": name}, f"certification_certificate_{name}") for name in MOVES]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with the moves that are possible and allowed now."""
        certificate = self.get_object_or_404(request, object_id)
        state = certificate.effective_state(timezone.now())
        moves = [
            (move, f"{_address(move)}?ids={certificate.pk}")
            for move in MOVES.values()
            if state in move.possible_from and request.user.has_perm(move.permission)
        ]
        hit = compromises.why_hit(certificate)
        extra = {"moves": moves, "certificate": certificate, "hit": hit, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra)

    def move_view(self, request: SignedInRequest, name: str) -> HttpResponse:
        """Ask for the reason, then move: each certificate for itself, the refused ones named."""
        move = MOVES[name]
        require(request, "certification.view_certificate", move.permission)
        chosen = self._chosen(request)
        form = ReasonForm(request.POST or None, move=move)
        if request.method == "POST" and form.is_valid():
            for certificate in chosen:
                self._move(request, certificate, move, form.cleaned_data)
            one = chosen[0] if len(chosen) == 1 else None
            address = self.page_url(one) if one else reverse("admin:certification_certificate_changelist")
            return HttpResponseRedirect(address)
        context = {
            **self.admin_site.each_context(request),
            "title": move.title,
            "opts": self.opts,
            "move": move,
            "form": form,
            "certificates": chosen,
            "ids": ",".join(str(certificate.pk) for certificate in chosen),
        }
        return TemplateResponse(request, "admin/certification/certificate/move.html", context)

    def _chosen(self, request: HttpRequest) -> list[Certificate]:
        given = (request.POST.get("ids") or request.GET.get("ids") or "").split(",")
        ids = [int(text) for text in given if text.isdecimal() and len(text) < 19]  # noqa: PLR2004 - fits the column
        chosen = list(self.get_queryset(request).filter(pk__in=ids[:MOST]).select_related("version__plugin"))
        if not chosen:
            raise Http404(_("Choose certificates first."))
        return chosen

    def _move(self, request: SignedInRequest, certificate: Certificate, move: Move, why: dict[str, Any]) -> None:
        values = {"serial": certificate.serial}
        try:
            move.service(certificate=certificate, actor=request.user, **why)
        except services.CertificateRefused as refusal:
            values["why"] = str(refusal)
            self.message_user(request, _("%(serial)s: %(why)s") % values, messages.ERROR)
        else:
            values["state"] = certificate.get_state_display().lower()
            self.message_user(request, _("%(serial)s is %(state)s now.") % values, messages.SUCCESS)

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        """Whether the user may suspend and reinstate."""
        return request.user.has_perm(SUSPEND)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the user may revoke."""
        return request.user.has_perm(REVOKE)

    @admin.action(description=gettext_lazy("Suspend …"), permissions=["suspend"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse:
        """Go and ask for the reason."""
        return _ask(request, MOVES["suspend"], queryset)

    @admin.action(description=gettext_lazy("Reinstate …"), permissions=["suspend"])
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse:
        """Go and ask for the reason."""
        return _ask(request, MOVES["reinstate"], queryset)

    @admin.action(description=gettext_lazy("Revoke …"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Certificate]) -> HttpResponse:
        """Go and ask for the reason."""
        return _ask(request, MOVES["revoke"], queryset)


def _address(move: Move) -> str:
    return reverse(f"admin:certification_certificate_{move.name}")


def _ask(request: HttpRequest, move: Move, queryset: QuerySet[Certificate]) -> HttpResponse:
    ids = list(queryset.values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        raise PermissionDenied(_("At most %(most)d certificates at once.") % {"most": MOST})
    if not request.user.has_perm(move.permission):
        raise PermissionDenied
    return HttpResponseRedirect(f"{_address(move)}?ids={','.join(map(str, ids))}")
