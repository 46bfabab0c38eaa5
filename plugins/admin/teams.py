"""Owner teams in the admin: members are people with rights on plugins, so changes go through the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from governance.admin.base import PortalAdmin
from plugins.models import OwnerTeam
from plugins.services.teams import add_member, create_team, remove_member

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest

    from governance.models import User


@admin.register(OwnerTeam)
class OwnerTeamAdmin(PortalAdmin[OwnerTeam]):
    """Who answers for which plugins."""

    empty_text = _("A team is made by an owner's first submission, or here for several owners.")
    list_display = ("name", "contact", "members_count", "plugins_count", "created_at")
    search_fields = ("name", "contact")
    autocomplete_fields = ("members",)
    fields = ("name", "contact", "members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnerTeam]:
        """With the numbers of members and plugins."""
        return (
            super()
            .get_queryset(request)
            .annotate(
                members_total=Count("members", distinct=True),
                plugins_total=Count("plugins", distinct=True),
            )
        )

    @admin.display(description=_("Members"), ordering="members_total")
    def members_count(self, team: OwnerTeam) -> int:
        """How many people are in it."""
        return team.members_total  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=_("Plugins"), ordering="plugins_total")
    def plugins_count(self, team: OwnerTeam) -> int:
        """How many plugins it has."""
        return team.plugins_total  # type: ignore[attr-defined,no-any-return]

    def save_model(self, request: HttpRequest, obj: OwnerTeam, form: ModelForm[OwnerTeam], change: Any) -> None:
        """Change name and contact; a new team is made by the service, with its group and its members."""
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data
        actor: User = request.user  # type: ignore[assignment]
        team = create_team(name=data["name"], contact=data["contact"], members=list(data["members"]), actor=actor)
        obj.__dict__.update(team.__dict__)

    @transaction.atomic
    def save_related(self, request: HttpRequest, form: ModelForm[OwnerTeam], formsets: Any, change: Any) -> None:  # noqa: ARG002
        """Let people in and out one by one, so that the group and the ledger follow."""
        if not change:
            return
        actor: User = request.user  # type: ignore[assignment]
        before, after = set(form.instance.members.all()), set(form.cleaned_data["members"])
        for member in after - before:
            add_member(team=form.instance, member=member, actor=actor)
        for member in before - after:
            remove_member(team=form.instance, member=member, actor=actor)
