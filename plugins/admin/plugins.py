"""Plugins in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin, admin_url
from governance.badges import state_badge
from plugins.enums import Standing
from plugins.models import Plugin
from plugins.standing import as_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

SHOWN = 20


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
    fields = ("name", "format_shown", "team", "standing_shown", "created_at", "versions_list")
    readonly_fields = ("format_shown", "standing_shown", "versions_list")

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
