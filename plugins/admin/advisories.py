"""Imported advisories in the admin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin
from governance.badges import badge, severity_badge
from plugins.admin.exploitation import age_badge
from plugins.models import Advisory, AdvisoryFeed, AdvisoryPackage
from plugins.services.feeds import age_days

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(AdvisoryFeed)
class AdvisoryFeedAdmin(ReadOnlyAdmin[AdvisoryFeed]):
    """Feeds as last imported; `manage.py advisories` imports."""

    empty_text = _(
        "Without a feed no dependency can be judged. Run `manage.py advisories sync`, or `manage.py "
        "advisories import FILE.zip`."
    )
    list_display = ("name", "demo_shown", "age_shown", "records", "unusable", "newest_at", "imported_at")
    search_fields = ("name", "source")

    @admin.display(description=_("Age"), ordering="-newest_at")
    def age_shown(self, feed: AdvisoryFeed) -> SafeString:
        """How old its newest record is, marked where it is stale."""
        return age_badge(age_days(feed, timezone.now()))

    @admin.display(description=_("Kind"), ordering="demo")
    def demo_shown(self, feed: AdvisoryFeed) -> SafeString:
        """Says so where it is demo data."""
        return badge(_("Demo data"), "warn") if feed.demo else badge(_("Imported"), "good")


@admin.register(Advisory)
class AdvisoryAdmin(ReadOnlyAdmin[Advisory]):
    """Single advisories."""

    empty_text = _("Run `manage.py advisories sync`, or `manage.py advisories import FILE.zip`.")
    list_display = ("osv_id", "severity_shown", "summary", "feed", "modified_at", "withdrawn")
    list_filter = ("severity", "feed", "withdrawn")
    list_select_related = ("feed",)
    search_fields = ("osv_id", "summary", "=packages__name")
    exclude = ("record",)
    readonly_fields = ("shown_record",)

    @admin.display(description=_("Severity"), ordering="severity")
    def severity_shown(self, advisory: Advisory) -> SafeString:
        """The severity as a badge."""
        return severity_badge(advisory.severity)

    @admin.display(description=_("OSV record"))
    def shown_record(self, advisory: Advisory) -> SafeString:
        """The record as it was imported."""
        return format_html(
            '<pre class="pw-code" tabindex="0">{}</pre>', json.dumps(advisory.record, indent=2, ensure_ascii=False)
        )


@admin.register(AdvisoryPackage)
class AdvisoryPackageAdmin(ReadOnlyAdmin[AdvisoryPackage]):
    """Packages that advisories name."""

    empty_text = _("Run `manage.py advisories sync`, or `manage.py advisories import FILE.zip`.")
    list_display = ("name", "ecosystem", "advisory")
    list_filter = ("ecosystem",)
    list_select_related = ("advisory",)
    search_fields = ("=name", "advisory__osv_id")
