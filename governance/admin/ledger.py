"""The ledger: to be read and searched, never to be changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin import AllValuesFieldListFilter
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from governance.admin.checkpoints import AlarmedAdmin
from governance.lineage import facts_of, in_words, kind_of, who
from governance.models import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.utils.safestring import SafeString


class WordsFilter(AllValuesFieldListFilter):
    """The values of a column that holds stored words, told as a person reads them."""

    words: Callable[[str], str]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """All of them, then each in words."""
        every, *values = super().choices(changelist)
        yield every
        yield from ({**choice, "display": self.words(str(choice["display"]))} for choice in values)


class VerbFilter(WordsFilter):
    """What happened."""

    @staticmethod
    def words(stored: str) -> str:
        """As the list tells it."""
        return in_words(stored).capitalize()


class SubjectFilter(WordsFilter):
    """What kind of thing it is about."""

    @staticmethod
    def words(stored: str) -> str:
        """As the list tells it; a refusal is about nothing that was stored."""
        return kind_of(stored) if stored else str(_("Nothing stored"))


@admin.register(LedgerEntry)
class LedgerEntryAdmin(AlarmedAdmin):
    """Everything that happened, newest first."""

    list_display = ("at", "who", "what", "kind", "subject_label")
    list_display_links = ("at", "what")
    list_filter = (("verb", VerbFilter), ("subject_type", SubjectFilter), "at")
    search_fields = ("subject_label", "actor_label", "verb", "=subject_id")
    search_help_text = _("Subject, who, or what happened")
    ordering = ("-id",)
    fields = ("at", "actor_label", "actor_id", "verb", "subject_type", "subject_id", "subject_label", "facts", "stored")
    readonly_fields = ("facts", "stored")

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
        """The details in words."""
        return format_html_join("", "<p>{}: {}</p>", facts_of([entry])[entry.pk])

    @admin.display(description=_("Details as stored"))
    def stored(self, entry: LedgerEntry) -> SafeString:
        """The details as indented JSON."""
        return format_html(
            '<pre class="pw-code" tabindex="0">{}</pre>', json.dumps(entry.details, indent=2, ensure_ascii=False)
        )
