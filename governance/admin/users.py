"""Users and groups. Users are deactivated, never deleted."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from governance import ledger
from governance.admin.base import PortalAdmin
from governance.models import User

if TYPE_CHECKING:
    from typing import Any

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

    from governance.requests import SignedInRequest

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], PortalAdmin[User]):
    """People and platforms that sign in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "get_full_name", "email", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    readonly_fields = ("last_login", "date_joined")
    autocomplete_fields = ("groups",)
    filter_horizontal = ()
    raw_id_fields = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    actions = ("deactivate", "reactivate")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Only a superuser makes superusers, and hands out roles to himself or others who have more than he has."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, "is_superuser", "is_staff", "groups")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody below a superuser changes a superuser's account, the password included."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: Any) -> None:
        """Save and tell the ledger, in one transaction."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            ledger.record(
                verb="user.changed" if change else "user.created",
                subject=obj,
                actor=request.user,  # type: ignore[arg-type]
                details={"fields": [name for name in form.changed_data if "password" not in name]},
            )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's signature
        """Django's page. A password set for somebody goes into the ledger: who knows it can act in their name."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
                user = self.get_object_or_404(request, id)
                ledger.record(verb="user.password-set", subject=user, actor=request.user)  # type: ignore[arg-type]
        return response

    @admin.action(description=_("Deactivate"), permissions=["change"])
    def deactivate(self, request: SignedInRequest, queryset: QuerySet[User]) -> None:
        """Take away the right to sign in; everything they did keeps their name."""
        self._set_active(request, queryset.exclude(pk=request.user.pk), active=False)

    @admin.action(description=_("Let sign in again"), permissions=["change"])
    def reactivate(self, request: SignedInRequest, queryset: QuerySet[User]) -> None:
        """Undo a deactivation."""
        self._set_active(request, queryset, active=True)

    def _set_active(self, request: SignedInRequest, queryset: QuerySet[User], *, active: bool) -> None:
        changed = 0
        for user in queryset.exclude(is_active=active):
            if not self.has_change_permission(request, user):
                continue
            with transaction.atomic():
                user.is_active = active
                user.save(update_fields=["is_active"])
                verb = "user.reactivated" if active else "user.deactivated"
                ledger.record(verb=verb, subject=user, actor=request.user)
            changed += 1
        self.message_user(request, ngettext("%(n)d user changed.", "%(n)d users changed.", changed) % {"n": changed})


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, PortalAdmin[Group]):
    """Roles and owner teams. The permissions of roles are set by the release, so they are shown, not edited."""

    list_display = ("name",)
    search_fields = ("name",)
    filter_horizontal = ()
    fields = ("name", "permissions")
    readonly_fields = ("name", "permissions")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Roles come with the release, teams with their owner team."""
        return False
