"""Detection rules in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin
from governance.badges import severity_badge, state_badge
from plugins.models import DetectionRule, MonitoredFinding

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(DetectionRule)
class DetectionRuleAdmin(ReadOnlyAdmin[DetectionRule]):
    """Rules, each in all its revisions."""

    empty_text = _("Nobody has written a detection rule yet.")
    list_display = ("code", "revision", "title", "kind", "severity_shown", "state_shown", "author")
    list_filter = ("state", "kind", "severity")
    list_select_related = ("author",)
    search_fields = ("code", "title", "body")

    @admin.display(description=_("Severity"), ordering="severity")
    def severity_shown(self, rule: DetectionRule) -> SafeString:
        """The severity as a badge."""
        return severity_badge(rule.severity)

    @admin.display(description=_("State"), ordering="state")
    def state_shown(self, rule: DetectionRule) -> SafeString:
        """The state as a badge."""
        return state_badge(rule.state, rule.get_state_display())


@admin.register(MonitoredFinding)
class MonitoredFindingAdmin(ReadOnlyAdmin[MonitoredFinding]):
    """What rules on trial found; it counts for nothing."""

    empty_text = _("No rule on trial has found anything.")
    list_display = ("rule", "path", "line", "version", "found_at")
    list_filter = ("found_at",)
    list_select_related = ("rule", "run__version__plugin")
    search_fields = ("rule__code", "path", "run__version__plugin__name")
    ordering = ("-id",)

    @admin.display(description=_("Version"))
    def version(self, finding: MonitoredFinding) -> str:
        """The version it was found in."""
        return str(finding.run.version)
