"""Counts that stay quick on large tables: counted up to a bound, and said to be "at least" past it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from unfold.views import ChangeList

if TYPE_CHECKING:
    from django.http import HttpRequest

COUNT_BOUND = 10_000
"""Rows counted at most. Who looks for something beyond them filters."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """A paginator whose count costs no more than the bound."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, or the bound."""
        if isinstance(self.object_list, QuerySet):
            return min(self.counted, COUNT_BOUND)
        return super().count

    @cached_property
    def counted(self) -> int:
        """Rows counted: one more than the bound where there are more."""
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: COUNT_BOUND + 1].count()

    @property
    def bounded(self) -> bool:
        """Whether there are more rows than the count says."""
        return isinstance(self.object_list, QuerySet) and self.counted > COUNT_BOUND


class PortalChangeList(ChangeList):  # type: ignore[misc]
    """A changelist that offers "show all" only where something is left out."""

    full_result_count: int | None

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page; without search and filters, what was counted is all there is.

        Raises:
            IncorrectLookupParameters: a filter's value is one the database takes in no column, such as a huge number.
        """
        try:
            super().get_results(request)
        except (OverflowError, DataError) as problem:
            raise IncorrectLookupParameters(problem) from problem
        if self.full_result_count is None and not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
