"""The queue's columns that need a look at all rows at once, and its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certification.enums import REVIEW_OPEN, ReviewState
from governance.admin.pagination import PortalChangeList
from governance.models.choices import choices
from governance.vocabulary import Tier
from plugins.presenters import finding_counts

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from certification.models import Review
    from certification.models.reviews import ReviewQuerySet


class QueueChangeList(PortalChangeList):
    """A changelist that knows each row's findings by severity: one query for the whole page."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, then the counts of its runs."""
        super().get_results(request)
        rows = list(self.result_list)
        counts = finding_counts([row.run_id for row in rows])
        for row in rows:
            row.severity_counts = counts.get(row.run_id, {})
        self.result_list = rows


class StateFilter(SimpleListFilter):
    """Waiting ones unless asked otherwise: this list is a queue."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002
        """Waiting is the default, so it needs no choice of its own."""
        return [*ReviewState.choices, ("all", _("All, decided ones too"))]

    def choices(self, changelist: Any) -> Any:
        """The default is called what it is."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:  # noqa: ARG002
        """Narrow down."""
        if self.value() == "all":
            return queryset
        return queryset.filter(state__in=[self.value()] if self.value() else REVIEW_OPEN)


class WhoseFilter(SimpleListFilter):
    """Mine, nobody's, or past due."""

    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002
        """The three questions of every morning."""
        return [("mine", _("Mine")), ("unclaimed", _("Unclaimed")), ("overdue", _("Overdue"))]

    def queryset(self, request: HttpRequest, queryset: ReviewQuerySet) -> ReviewQuerySet:  # type: ignore[override]
        """Narrow down."""
        match self.value():
            case "mine":
                return queryset.filter(reviewer=request.user.pk)
            case "unclaimed":
                return queryset.filter(state=ReviewState.OPEN)
            case "overdue":
                return queryset.overdue(timezone.localdate())
            case _:
                return queryset


class TierFilter(SimpleListFilter):
    """By the risk tier of the run."""

    title = _("risk tier")
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:  # noqa: ARG002
        """The tiers."""
        return choices(Tier)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:  # noqa: ARG002
        """Narrow down."""
        return queryset.filter(run__tier=self.value()) if self.value() else queryset
