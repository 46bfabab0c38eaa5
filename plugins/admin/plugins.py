"""Plugins in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from governance.admin.asking import ask
from governance.admin.base import ReadOnlyAdmin, admin_url, require
from governance.badges import state_badge
from plugins.enums import Standing
from plugins.models import Plugin
from plugins.services.reputation import CHANGE, MOST, ReachRefused, set_installations
from plugins.standing import as_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.utils.safestring import SafeString

    from governance.requests import SignedInRequest

SHOWN = 20


class ReachForm(forms.Form):
    """On how many places a plugin is installed."""

    installations = forms.IntegerField(
        label=_("Installations"),
        required=False,
        min_value=0,
        max_value=MOST,
        help_text=_("Workspaces, tenants or servers of the platform that run it. Empty: not known."),
        widget=forms.NumberInput(attrs={"class": "pw-input"}),
    )


class StandingFilter(admin.SimpleListFilter):
    """By the standing that is shown."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's
        """All there are."""
        return Standing.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Plugin]) -> QuerySet[Plugin]:  # noqa: ARG002 - ditto
        """Narrow down."""
        if self.value() not in Standing.values:
            return queryset
        return queryset.filter(effective=self.value())  # type: ignore[misc]  # get_queryset has added it


@admin.register(Plugin)
class PluginAdmin(ReadOnlyAdmin[Plugin]):
    """Plugins, their standing and their versions."""

    empty_text = _("A plugin appears with its first version, which its owner submits at /portal/submit/.")
    list_display = ("name", "format_shown", "team", "standing_shown", "versions_count", "created_at")
    list_filter = (StandingFilter, "format")
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    fields = ("name", "format_shown", "team", "standing_shown", "created_at", "installations_shown", "versions_list")
    readonly_fields = ("format_shown", "standing_shown", "installations_shown", "versions_list")
    change_form_template = "admin/evidence/moves.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plugin]:
        """With the standing as of now and the number of versions."""
        return as_of(super().get_queryset(request), timezone.now()).annotate(versions_total=Count("versions"))

    @admin.display(description=_("Format"), ordering="format")
    def format_shown(self, plugin: Plugin) -> str:
        """The format in words."""
        return plugin.format_label

    @admin.display(description=_("Standing"), ordering="effective")
    def standing_shown(self, plugin: Plugin) -> SafeString:
        """The standing as a badge."""
        standing = Standing(plugin.effective)  # type: ignore[attr-defined]
        return state_badge(standing, standing.label)

    @admin.display(description=_("Installations"), ordering="installations")
    def installations_shown(self, plugin: Plugin) -> str:
        """How many, or that nobody has said."""
        return str(_("not known")) if plugin.installations is None else str(plugin.installations)

    @admin.display(description=_("Versions"), ordering="versions_total")
    def versions_count(self, plugin: Plugin) -> int:
        """How many versions it has."""
        return plugin.versions_total  # type: ignore[attr-defined,no-any-return]

    @admin.display(description=_("Versions"))
    def versions_list(self, plugin: Plugin) -> SafeString:
        """The newest versions, each with its state, and a link to all."""
        versions = plugin.versions.defer("metadata", "declaration")[:SHOWN]
        rows = (
            (admin_url(row, "change"), row.version, state_badge(row.state, row.get_state_display())) for row in versions
        )
        items = format_html_join("", '<li><a class="pw-link" href="{}">{}</a> {}</li>', rows)
        address = reverse("admin:plugins_pluginversion_changelist") + f"?plugin__id__exact={plugin.pk}"
        more = format_html('<a class="pw-link" href="{}">{}</a>', address, _("Show all"))
        return format_html('<ul class="pw-list">{}</ul>{}', items, more)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and: say how far it reaches."""
        view = self.admin_site.admin_view(self.reach_view)
        return [path("<path:object_id>/reach/", view, name="plugins_plugin_reach"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with what the user may say of the plugin."""
        plugin = self.get_object_or_404(request, object_id)
        moves = []
        if request.user.has_perm(CHANGE):
            moves.append((_("Say how far it reaches"), reverse("admin:plugins_plugin_reach", args=[plugin.pk]), False))
        return super().change_view(request, object_id, form_url, {"moves": moves, **(extra_context or {})})

    def reach_view(self, request: SignedInRequest, object_id: str) -> HttpResponse:
        """Ask for the number of installations."""
        require(request, CHANGE)
        plugin = self.get_object_or_404(request, object_id)
        form = ReachForm(request.POST or None, initial={"installations": plugin.installations})
        if request.method == "POST" and form.is_valid():
            try:
                set_installations(plugin=plugin, actor=request.user, **form.cleaned_data)
            except ReachRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("It is kept, and counts from the next vetting on."), messages.SUCCESS)
                return HttpResponseRedirect(self.page_url(plugin))
        return ask(
            request,
            self,
            form,
            title=str(_("Say how far it reaches")),
            effect=str(_("The more places a plugin runs on, the more it weighs in its risk score.")),
            back=self.page_url(plugin),
        )
