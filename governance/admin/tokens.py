"""API tokens in the admin: made, shown once, revoked with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from governance.admin.asking import ask
from governance.admin.base import ReadOnlyAdmin, require
from governance.badges import badge
from governance.models import ApiToken, User
from governance.services import tokens as services
from governance.tokens import LONGEST_DAYS, SCOPE_ROLES, Scope

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

DAYS = 90
"""How long a token holds where nobody says otherwise."""
SCOPES = (
    (Scope.ADMISSION_READ.value, gettext_lazy("Ask which artifacts may run (admission:read)")),
    (
        Scope.ADMISSION_ACKNOWLEDGE.value,
        gettext_lazy("Acknowledge suspensions and revocations (admission:acknowledge)"),
    ),
)


def accounts() -> QuerySet[User]:
    """Accounts that tokens can be made for."""
    roles = {role.value for allowed in SCOPE_ROLES.values() for role in allowed}
    found = User.objects.filter(is_active=True, is_staff=False, is_superuser=False, groups__name__in=roles)
    return found.distinct().order_by("username")


class TokenForm(forms.Form):
    """What a token is for, and until when."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What uses it, and where, e.g. “n8n, production”."),
        widget=forms.TextInput(attrs={"class": "pw-input"}),
    )
    user = forms.ModelChoiceField(
        label=gettext_lazy("Account"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("Choose an account …"),
        help_text=gettext_lazy("An account with the role “platform” that does not work in the administration."),
        widget=forms.Select(attrs={"class": "pw-input"}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Good for"), choices=SCOPES, widget=forms.CheckboxSelectMultiple
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("At most a year from now. The shorter, the less a lost token is worth."),
        widget=forms.DateInput(attrs={"class": "pw-input", "type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["user"].queryset = accounts()  # type: ignore[attr-defined]
        self.fields["ends_on"].widget.attrs |= {"min": today, "max": today + timedelta(days=LONGEST_DAYS)}


class RevokeForm(forms.Form):
    """Why a token is revoked."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "class": "pw-input"})
    )


class StandingFilter(admin.SimpleListFilter):
    """By where tokens stand now."""

    title = gettext_lazy("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's
        """In force, or not any more."""
        return [("in-force", gettext_lazy("In force")), ("ended", gettext_lazy("Expired or revoked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:  # noqa: ARG002 - ditto
        """Narrow down."""
        held = {"revoked_at__isnull": True, "expires_at__gt": timezone.now()}
        match self.value():
            case "in-force":
                return queryset.filter(**held)
            case "ended":
                return queryset.exclude(**held)
        return queryset


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin[ApiToken]):
    """Tokens. What is shown never lets anybody use one."""

    empty_text = gettext_lazy("No token has been made yet. A platform needs one to ask which artifacts may run.")
    list_display = ("shown", "user", "scopes_shown", "standing", "expires_at", "last_used_at", "created_by")
    list_filter = (StandingFilter, "expires_at")
    list_select_related = ("user", "created_by")
    search_fields = ("name", "user__username", "=ending")
    search_help_text = gettext_lazy("Name, account, or the last four characters of the token")
    fields = (
        "shown", "user", "scopes_shown", "standing", "created_at", "created_by", "expires_at", "last_used_at",
        "revoked_at", "revoked_by", "reason",
    )  # fmt: skip
    readonly_fields = ("shown", "scopes_shown", "standing")
    change_form_template = "admin/evidence/moves.html"
    list_before_template = "admin/governance/apitoken/add_link.html"

    @admin.display(description=gettext_lazy("Token"), ordering="name")
    def shown(self, token: ApiToken) -> str:
        """Its name, and how it ends."""
        return str(token)

    @admin.display(description=gettext_lazy("Good for"))
    def scopes_shown(self, token: ApiToken) -> str:
        """The scopes."""
        return ", ".join(token.scopes)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, token: ApiToken) -> SafeString:
        """As of now; a token of a deactivated account opens nothing."""
        tone, word = ("bad", _("Account deactivated")) if not token.user.is_active else token.standing_at(_now())
        return badge(word, tone)

    def get_urls(self) -> list[URLPattern]:
        """Django's, one to make a token and one to revoke it."""
        view = self.admin_site.admin_view
        return [
            path("make/", view(self.make_view), name="governance_apitoken_make"),
            path("<path:object_id>/revoke/", view(self.revoke_view), name="governance_apitoken_revoke"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the way to a new token for those who may make one."""
        extra = {"may_make": request.user.has_perm(services.CREATE), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with the button to revoke."""
        token = self.get_object_or_404(request, object_id)
        moves = []
        if token.revoked_at is None and request.user.has_perm(services.REVOKE):
            moves.append((_("Revoke"), reverse("admin:governance_apitoken_revoke", args=[token.pk]), True))
        return super().change_view(request, object_id, form_url, {"moves": moves, **(extra_context or {})})

    def make_view(self, request: SignedInRequest) -> HttpResponse:
        """Ask, make, and show the token: now, and on no page ever again."""
        return _made_or_asked(request, self)

    def revoke_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, then revoke."""
        require(request, "governance.view_apitoken", services.REVOKE)
        token = self.get_object_or_404(request, object_id)
        form = RevokeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.revoke_token(token=token, actor=request.user, reason=form.cleaned_data["reason"])
            except services.TokenRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("%(token)s is revoked.") % {"token": token}, messages.SUCCESS)
                return HttpResponseRedirect(self.page_url(token))
        return ask(
            request,
            self,
            form,
            title=_("Revoke"),
            effect=_("%(token)s opens nothing from the next request on. This cannot be undone.") % {"token": token},
            back=self.page_url(token),
            danger=True,
        )


@never_cache
@sensitive_post_parameters()
def _made_or_asked(request: SignedInRequest, page: ApiTokenAdmin) -> HttpResponse:
    require(request, "governance.view_apitoken", services.CREATE)
    last_day = timezone.localdate() + timedelta(days=DAYS)
    form = TokenForm(request.POST or None, initial={"ends_on": last_day, "scopes": [Scope.ADMISSION_READ.value]})
    if request.method == "POST" and form.is_valid():
        try:
            token, text = services.create_token(actor=request.user, **form.cleaned_data)
        except services.TokenRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            # shown in the answer itself: a redirect would have to keep the token somewhere
            context = {
                **page.admin_site.each_context(request),
                "title": _("Token made"),
                "opts": page.opts,
                "token": token,
                "text": text,
                "address": page.page_url(token),
            }
            request.current_app = page.admin_site.name
            return TemplateResponse(request, "admin/governance/apitoken/made.html", context)
    none = "" if accounts().exists() else _(" There is no such account yet: make one under Users first.")
    return ask(
        request,
        page,
        form,
        title=_("Make a token"),
        effect=_("A machine signs in with it instead of a password. It is shown once and cannot be read again.") + none,
        back=reverse("admin:governance_apitoken_changelist"),
    )


def _now() -> datetime:
    return timezone.now()
