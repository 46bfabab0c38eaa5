"""Plugins in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin, admin_url
from governance.badges import state_badge
from plugins.models import Plugin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

SHOWN = 20


@admin.register(Plugin)
class PluginAdmin(ReadOnlyAdmin[Plugin]):
    """Plugins, their standing and their versions."""

    list_display = ("name", "format_shown", "team", "standing_shown", "versions_count", "created_at")
    list_filter = ("standing", "format")
    list_select_related = ("team",)
    search_fields = ("name", "team__name")
    fields = ("name", "format_shown", "team", "standing_shown", "created_at", "versions_list")
    readonly_fields = ("format_shown", "standing_shown", "versions_list")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plugin]:
        """With the number of versions."""
        return super().get_queryset(request).annotate(versions_total=Count("versions"))

    @admin.display(description=_("Format"), ordering="format")
    def format_shown(self, plugin: Plugin) -> str:
        """The format in words."""
        return plugin.format_label

    @admin.display(description=_("Standing"), ordering="standing")
    def standing_shown(self, plugin: Plugin) -> SafeString:
        """The standing as a badge."""
        return state_badge(plugin.standing, plugin.get_standing_display())

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
