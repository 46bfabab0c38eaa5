"""The ledger: to be read and searched, never to be changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from governance.admin.base import ReadOnlyAdmin
from governance.lineage import in_words, kind_of, who
from governance.models import LedgerEntry

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin[LedgerEntry]):
    """Everything that happened, newest first."""

    list_display = ("at", "who", "what", "kind", "subject_label")
    list_display_links = ("at", "what")
    list_filter = ("verb", "subject_type", "at")
    search_fields = ("subject_label", "actor_label", "verb", "=subject_id")
    search_help_text = _("Subject, who, or what happened")
    ordering = ("-id",)
    fields = ("at", "actor_label", "actor_id", "verb", "subject_type", "subject_id", "subject_label", "facts")
    readonly_fields = ("facts",)

    @admin.display(description=_("Who"), ordering="actor_label")
    def who(self, entry: LedgerEntry) -> str:
        """The person, or the system."""
        return who(entry.actor_label)

    @admin.display(description=_("What"), ordering="verb")
    def what(self, entry: LedgerEntry) -> str:
        """The verb in words."""
        return in_words(entry.verb).capitalize()

    @admin.display(description=_("Kind of subject"), ordering="subject_type")
    def kind(self, entry: LedgerEntry) -> str:
        """The kind of thing it is about, in words."""
        return kind_of(entry.subject_type)

    @admin.display(description=_("Details"))
    def facts(self, entry: LedgerEntry) -> SafeString:
        """The details as indented JSON."""
        return format_html(
            '<pre class="pw-code" tabindex="0">{}</pre>', json.dumps(entry.details, indent=2, ensure_ascii=False)
        )
